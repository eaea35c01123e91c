/*
 * The log of the server under test, made into events: each line that one of the adapter's patterns
 * matches becomes an event "mta log" (docs/events.md).
 *
 * Lines are not taken at the moment they are written but a pause later. In virtual time that is
 * when all else that belongs to the moment has happened, so the events come in the same order in
 * each run, whichever process was quicker.
 */
#pragma once

#include <event2/event.h>

#include "sim/event/event_log.h"
#include "sim/mta/mta_adapter.h"

struct mta_log;

enum {
    MTA_LOG_LINE_BYTES_MAX = 8192, /* of a longer line only the beginning is looked at */
    MTA_LOG_TEXT_BYTES_MAX = 1000,
};

/* Reads the file `path` from its present end on; it need not be there yet. Lines are taken
 * `pause_us` after the first new one. NULL with `err` if it cannot be watched. `path` and `adapter`
 * must outlive it. */
struct mta_log *mta_log_open(struct event_base *base, struct event_log *log,
                             const struct mta_adapter *adapter, const char *path, int64_t pause_us,
                             struct err *err) MUST_CHECK;
/* Takes in what is still unread, and nothing more from then on. Harmless if it is done already. */
void mta_log_end(struct mta_log *log);
/* Ends it first. The kernel lets go of a watch some 10 ms later and makes the caller wait for it.
 * Sets NULL; accepts NULL. */
void mta_log_close(struct mta_log **log);
