/*
 * Events of the simulated hosts: sessions with their steps, and what each attempt came to.
 */
#pragma once

#include "reports/report_book.h"

/* What became of a connection that no session came of, by `how` of its event (docs/events.md). */
struct report_refusal {
    const char *how;
    const char *word;    /* for the name of what would be its session */
    const char *attempt; /* in words, as what an attempt came to */
    const char *seen;    /* what the client saw */
};

const struct report_refusal *report_refusal_of(const cJSON *event);

/* An event whose source is "mx". */
void report_sessions_event(struct report_book *book, const cJSON *event);
/* At the end of the log: sessions that never ended. */
void report_sessions_finish(struct report_book *book);
