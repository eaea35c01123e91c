/*
 * The queue: messages that were accepted, grouped by where they go. An item is one message for one
 * destination (a domain, or the smart host); its recipients are always tried together. An item is
 * either waiting for its time (in the heap, behind the queue's only timer), ready (in the list of
 * its destination), held (until an operator releases it: queue_operate.h), or in the hands of the
 * delivery, between queue_take() and queue_settle().
 *
 * The queue decides what becomes of a recipient after an attempt, and writes the reports. All calls
 * come from the loop.
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/log/log.h"
#include "mta-under-test/refmta/message/reason.h"
#include "mta-under-test/refmta/metrics/histogram.h"
#include "mta-under-test/refmta/queue/due_heap.h"
#include "mta-under-test/refmta/queue/fair_list.h"
#include "mta-under-test/refmta/queue/message.h"
#include "mta-under-test/refmta/queue/queue_event.h"
#include "mta-under-test/refmta/report/suppression.h"
#include "mta-under-test/refmta/routing/routing_rules.h"

struct queue;

struct queue_destination {
    char *name;               /* as queue_way.h makes it */
    struct fair_list ready;   /* items */
    struct list link;         /* in the queue's list of destinations that are ready */
    size_t item_count;        /* all items */
    unsigned failures;        /* in a row, of the destination as a whole */
    int64_t blocked_until_us; /* it failed: nothing is tried before */
    void *delivery;           /* the delivery's own; NULL when the queue may drop it */
};

enum queue_place { QUEUE_WAITING, QUEUE_READY, QUEUE_TAKEN, QUEUE_HELD };

struct queue_item {
    struct list link;
    struct message *message;
    struct queue_destination *destination;
    uint64_t order;
    unsigned rules; /* the generation of rules that its destination was found by */
    size_t heap_index;
    int64_t due_us;
    enum queue_place place;
    uint32_t attempts;
    uint32_t recipient_count;
    uint32_t recipients[]; /* indexes of those that wait */
};

enum outcome_kind {
    OUTCOME_DELIVERED,
    OUTCOME_DEFERRED,
    OUTCOME_FAILED,
    OUTCOME_DROPPED, /* failed, and the sender is not told: an operator deleted it */
};

/* What came of one recipient. */
struct queue_outcome {
    enum outcome_kind kind;
    bool is_final;     /* a delivered one: it is in the mailbox */
    bool peer_has_dsn; /* a delivered one: the other server will report by itself */
    const char *tls;   /* how the way there was secured, or why not; NULL: there was none */
    struct reason reason;
};

struct queue_options {
    const struct config *config;
    struct log *log;
    struct event_base *base;         /* NULL in tests: see queue_run() */
    struct suppression *suppression; /* NULL: none */
    /* There is something ready for the destination. Called from the loop. */
    void (*on_ready)(void *arg, struct queue_destination *destination);
    /* Whether a message that comes in waits for an operator's release. NULL: none does. */
    bool (*must_hold)(void *arg, const struct message *message);
    /* NULL: nobody listens. */
    void (*on_event)(void *arg, const struct queue_event *event);
    void *arg;
};

/* Opens the spool and takes up what is in it; NULL with a text. */
struct queue *queue_open(const struct queue_options *options, struct err *err) MUST_CHECK;
void queue_close(struct queue **queue);
/* After queue_open(): lets what is due become ready. */
void queue_start(struct queue *queue);

/* Goes on with another configuration; times that are set already stay. What waits is looked at by
 * the new rules when it is due, what is ready at once. */
void queue_set_config(struct queue *queue, const struct config *config);

/* A queue id that no message had yet, for queue_accept(). */
uint64_t queue_new_id(struct queue *queue);

/*
 * Takes a message under an id of queue_new_id(). `content` is emptied. done() is called once, when
 * the message is durable (error 0) or could not be stored (an errno); never from inside this call.
 */
void queue_accept(struct queue *queue, uint64_t id, const struct envelope *envelope,
                  struct buf *content, void (*done)(void *arg, int error), void *arg);

/* The next ready item, or NULL. It is the caller's until queue_settle() or queue_put_back(). */
struct queue_item *queue_take(struct queue *queue,
                              struct queue_destination *destination) MUST_CHECK;
/* `outcomes` has one for each of the item's recipients, in their order. */
void queue_settle(struct queue *queue, struct queue_item *item,
                  const struct queue_outcome *outcomes);
/* Nothing was tried: the item is ready again. */
void queue_put_back(struct queue *queue, struct queue_item *item);

/* The destination as a whole could not be reached, or works again. */
void queue_destination_failed(struct queue *queue, struct queue_destination *destination,
                              const struct reason *reason);
void queue_destination_works(struct queue *queue, struct queue_destination *destination);
/* The delivery has let go of it; the queue frees it when it is empty. */
void queue_destination_unused(struct queue *queue, struct queue_destination *destination);

/* Content of a message from `offset` on; the bytes read, 0 at the end, -1 with errno. */
ssize_t queue_read(const struct message *message, uint64_t offset, char *data,
                   size_t len) MUST_CHECK;

/* Tells whoever listens of what the queue cannot see: a complaint, an unsubscription. */
void queue_note(const struct queue *queue, const struct queue_event *event);

/* Calls `visit` for each message, in the order of receipt. */
void queue_each(struct queue *queue, void (*visit)(void *arg, const struct message *message),
                void *arg);
/* NULL if there is none. */
const struct message *queue_find(struct queue *queue, uint64_t id);
/* Where the recipient waits, though newer rules may lead it elsewhere when it is due (queue_way.h
 * tells); NULL if it has its end. */
const struct queue_destination *queue_destination_of(const struct message_recipient *recipient);
size_t queue_message_count(const struct queue *queue);
/* Calls `visit` for each destination that has mail or is remembered. */
void queue_each_destination(const struct queue *queue,
                            void (*visit)(void *arg, const struct queue_destination *destination),
                            void *arg);

/* What there is to count at this moment, for metrics and health. */
struct queue_figures {
    size_t messages;
    size_t waiting; /* deliveries: a message for one destination */
    size_t ready;
    size_t held;
    size_t destinations;
    size_t failing; /* of the destinations */
    uint64_t stored_bytes;
    uint64_t live_bytes;
    uint64_t received_bytes;               /* since the start */
    const char *trouble;                   /* why the disk takes nothing, NULL if it does */
    const struct histogram *accept_time;   /* from the end of the content until it is durable */
    const struct histogram *delivery_time; /* from receipt to delivery, of each recipient */
};
void queue_figures(struct queue *queue, struct queue_figures *figures);

/* For tests without a loop: writes what is to be written, and makes ready what is due. */
void queue_run(struct queue *queue);
/* When the earliest waiting item is due; INT64_MAX if nothing waits. */
int64_t queue_next_due_us(const struct queue *queue);
