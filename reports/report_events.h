/*
 * Reads the event log (docs/events.md) of one run into the model. What it decides: which attempt
 * belongs to which message and recipient, when each of them had its end, how the queue grew and
 * shrank.
 */
#pragma once

#include "reports/report_model.h"

/* -1 with file and line in `err`. */
int report_events_read(struct report_run *run, const char *path, struct err *err) MUST_CHECK;
