/*
 * The steps of a session: what was said on each side, and what was done in between. Their texts
 * live in the session's own arena, so that those of a campaign's sessions can go again.
 */
#pragma once

#include "reports/report_book.h"

/* A copy in the session's arena, cut at REPORT_TEXT_MAX. */
const char *report_steps_text(struct report_session *session, const char *text);
/* The reply of this event as it was said, without its code: "4.2.0 Greylisted". The event's, or
 * put into `words`. */
const char *report_steps_reply(const cJSON *event, struct buf *words);
/* Adds a step; its time and place are the event's, its texts are copied. Behind the first
 * REPORT_STEPS_MAX it is only counted. */
void report_steps_add(struct report_session *session, const cJSON *event, struct report_step step);
/* Forgets the steps, and every text in the session's arena with them. */
void report_steps_drop(struct report_session *session);
