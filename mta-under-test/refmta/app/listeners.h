/*
 * Who is told what happens to mail: the webhooks, and the watch on senders, which may also have
 * mail held.
 */
#pragma once

#include "mta-under-test/refmta/app/webhooks.h"
#include "mta-under-test/refmta/queue/message.h"
#include "mta-under-test/refmta/watch/sender_watch.h"

struct listeners {
    struct log *log;
    struct webhooks *webhooks;  /* NULL: none */
    struct sender_watch *watch; /* NULL: none */
};

/* Counts a message of somebody of ours; whether it is to be held. */
bool listeners_must_hold(const struct listeners *listeners, const struct message *message);
void listeners_tell(const struct listeners *listeners, const struct queue_event *event);
