/*
 * Reads the event log (docs/events.md) of one run into the model. What it decides: which attempt
 * belongs to which message and recipient, when each of them had its end, how the queue grew and
 * shrank.
 */
#pragma once

#include "reports/report_model.h"

struct report_events;

/* Begins to read a log that may still grow. NULL if it cannot be opened. */
struct report_events *report_events_open(struct report_run *run, const char *path,
                                         struct err *err) MUST_CHECK;
/* Takes what has been written: 1 after `events_max` events, 0 at the end, -1 with file and line in
 * `err`. */
int report_events_follow(struct report_events *events, size_t events_max,
                         struct err *err) MUST_CHECK;
/* Reads the rest of a log that is whole, adds what only its results (in the model already) and all
 * events together say, and closes it. -1 with file and line in `err`. */
int report_events_finish(struct report_events **events, struct err *err) MUST_CHECK;
void report_events_close(struct report_events **events);
