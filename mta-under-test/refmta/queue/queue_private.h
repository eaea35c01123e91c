/*
 * What the files of the queue share: queue.c (items and their places), queue_settle.c (what becomes
 * of them) and queue_report.c (what the sender is told).
 */
#pragma once

#include "mta-under-test/refmta/queue/queue.h"
#include "mta-under-test/refmta/queue/queue_way.h"
#include "mta-under-test/refmta/queue/report_limit.h"

struct queue {
    const struct config *config;
    struct log *log;
    struct store *store;
    struct event_base *base;
    struct event *timer;  /* for the earliest item that waits */
    struct event *waker;  /* tells the delivery of what is ready */
    int64_t timer_due_us; /* what the timer is set to; INT64_MAX: not set */
    int64_t
        clock_ahead_us; /* the wall clock before the monotonic one, when it was last looked at */
    unsigned rules;     /* how often they were changed */
    struct suppression *suppression; /* NULL: none */
    struct due_heap waiting;
    struct list held; /* items */
    size_t held_count;
    struct map destinations;
    struct list ready;      /* destinations that the delivery must be told of */
    struct map messages;    /* by id, in the order of receipt */
    struct message *moving; /* being written again at the front of the store */
    uint64_t last_id;
    uint64_t last_order;
    uint64_t cached_bytes;
    uint64_t received_bytes;
    struct histogram accept_time;
    struct histogram delivery_time;
    struct report_limit reports;
    void (*on_ready)(void *arg, struct queue_destination *destination);
    bool (*must_hold)(void *arg, const struct message *message);
    void (*on_event)(void *arg, const struct queue_event *event);
    void *arg;
};

/* Before the client hears 250: a crash in between tells of a message that comes again. */
void queue_tell_accepted(const struct queue *queue, const struct message *message);
/* Tells whoever listens; fills in what the message knows. */
void queue_tell(const struct queue *queue, const struct message *message,
                const struct queue_event *event);

/* Puts a stored message into the map and makes its items. */
void queue_add_message(struct queue *queue, struct message *message);
/* Keeps or drops the content in memory. */
void queue_cache_keep(struct queue *queue, struct message *message, char *content);
void queue_cache_drop(struct queue *queue, struct message *message);
/* Puts an item where its due time tells. */
void queue_item_place(struct queue *queue, struct queue_item *item);
/* Sets the queue's timer for the item that is due first. */
void queue_set_timer(struct queue *queue);
void queue_item_free(struct queue *queue, struct queue_item *item);
/* When the wall clock was set back, all that waits for a time on it goes back with it
 * (queue_clock.c): a wait of five minutes stays one of five minutes. Called before such times are
 * looked at. */
void queue_clock_follow(struct queue *queue);
/* The same for what the clock did while the server was stopped, once, before anything is placed: no
 * recipient is due later than its schedule allows from now on. */
void queue_clock_resume(struct queue *queue);
/* Moves live messages out of the oldest segment where that is worthwhile. */
void queue_tidy(struct queue *queue);

/* Adds a report about those recipients of the message to `commit`, in the store's record and, when
 * it is stored, in the queue. `chosen` has `count` indexes of recipients. */
struct report_request {
    int kind; /* enum dsn_kind */
    struct message *message;
    const uint32_t *chosen;
    size_t count;
};
void queue_add_report(struct queue *queue, const struct report_request *request,
                      struct store_commit *commit);
/* Begins a line of the log that is about this message. */
void queue_log(struct log_line *line, struct queue *queue, const char *event, uint64_t id);
