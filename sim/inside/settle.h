/*
 * Knows when a run has nothing left to wait for: it listens to the event log and keeps, for each
 * recipient of each message that the server under test accepted, whether it has its end (delivered
 * to a simulated host, returned by a delivery status notification, or deleted by an operator).
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "sim/event/event_line.h"
#include "sim/event/event_log.h"

/* The caller's storage. */
struct settle {
    struct map open; /* "message\nrecipient" of what has no end yet */
    /* What had its end before we heard that it was accepted: a server may deliver a message before
     * it gets to confirm it. */
    struct map early;
    size_t accepted_count;
    struct event_line *line;        /* the event at hand */
    void (*changed)(void *context); /* after each event that changed something */
    void *context;
};

void settle_init(struct settle *settle, void (*changed)(void *context), void *context);
void settle_deinit(struct settle *settle);

/* An event_listener; context is the struct settle. */
void settle_on_event(void *context, uint64_t seq, struct slice line);

/* True if every accepted recipient has its end. */
bool settle_is_settled(const struct settle *settle);
/* True if this recipient of this message was accepted and has no end yet. */
bool settle_is_open(const struct settle *settle, const char *message, const char *recipient);
