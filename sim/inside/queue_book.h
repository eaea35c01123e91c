/*
 * Which mail the server under test has taken, and what it calls each message: it listens to the
 * event log, where the reply to the final dot says so ("250 2.0.0 queued as 4XYZ").
 */
#pragma once

#include <regex.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/slice.h"
#include "sim/event/event_line.h"
#include "sim/inside/settle.h"
#include "sim/scenario/scenario.h"

struct queue_entry {
    const char *message; /* the scenario's id */
    const char *from;
    const char *const *to; /* the recipients that were accepted */
    size_t to_count;
    const char *queue_id; /* NULL: the reply did not say */
};

/* The caller's storage. */
struct queue_book {
    const regex_t *queue_id; /* of the adapter; NULL: its replies say nothing */
    struct map names;        /* message: what the reply to it called it */
    struct queue_entry **entries;
    size_t count;
    struct event_line *line; /* the event at hand */
    struct arena arena;
};

void queue_book_init(struct queue_book *book, const regex_t *queue_id);
void queue_book_deinit(struct queue_book *book);

/* An event_listener; context is the struct queue_book. */
void queue_book_on_event(void *context, uint64_t seq, struct slice line);

/* Whether the entry has an open recipient and is one that the timeline's entry means. */
bool queue_book_fits(const struct queue_entry *entry, const struct settle *settle,
                     const struct scenario_event *choice);
