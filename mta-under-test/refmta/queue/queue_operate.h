/*
 * What an operator, or a policy, does to messages that are in the queue. Recipients of a message
 * that go to one destination are one piece of work: it is chosen when all of them fit the filter.
 * What is being delivered at this moment is left alone.
 */
#pragma once

#include "mta-under-test/refmta/queue/queue.h"
#include "mta-under-test/refmta/queue/queue_filter.h"

enum queue_action {
    QUEUE_FLUSH,   /* tries now what waits; what is held stays held */
    QUEUE_HOLD,    /* tries no more until it is released; survives a restart */
    QUEUE_RELEASE, /* tries now what was held */
    QUEUE_DELETE,  /* ends it, and tells nobody */
    QUEUE_BOUNCE,  /* ends it, and tells the sender */
};

/* Returns how many recipients it was done to. */
size_t queue_operate(struct queue *queue, enum queue_action action,
                     const struct queue_filter *filter);
