/*
 * Events of the simulated hosts: sessions with their steps, and what each attempt came to.
 */
#pragma once

#include "reports/report_book.h"

/* An event whose source is "mx". */
void report_sessions_event(struct report_book *book, const cJSON *event);
/* At the end of the log: sessions that never ended. */
void report_sessions_finish(struct report_book *book);
