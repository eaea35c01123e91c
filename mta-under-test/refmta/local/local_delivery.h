/*
 * Local delivery: takes what is ready for the local domains from the queue and has a thread put it
 * into mailboxes (local_job.h), one message of a domain at a time. All calls come from the loop.
 */
#pragma once

#include "mta-under-test/refmta/queue/queue.h"

struct local_delivery;

/* NULL with a text. */
struct local_delivery *local_delivery_open(struct event_base *base, struct err *err) MUST_CHECK;
/* Waits for what is being written, and settles it. Before queue_close(). */
void local_delivery_close(struct local_delivery **local);
void local_delivery_set_queue(struct local_delivery *local, struct queue *queue,
                              const struct config *config);

/* Something is ready for a destination that is a local domain. */
void local_delivery_ready(struct local_delivery *local, struct queue_destination *destination);
