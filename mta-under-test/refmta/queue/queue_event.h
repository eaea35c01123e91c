/*
 * What happens to mail, told to whoever listens (webhooks, the watch on senders): one event for a
 * recipient. Everything is borrowed during the call.
 */
#pragma once

#include "mta-under-test/refmta/message/reason.h"

enum queue_event_kind {
    QUEUE_EVENT_ACCEPTED,
    QUEUE_EVENT_DELIVERED,
    QUEUE_EVENT_DEFERRED,
    QUEUE_EVENT_BOUNCED,
    QUEUE_EVENT_COMPLAINED,   /* by a feedback loop */
    QUEUE_EVENT_UNSUBSCRIBED, /* by one click */
};

enum { QUEUE_EVENT_KINDS = 6 };

struct queue_event {
    enum queue_event_kind kind;
    uint64_t id;        /* of the message; 0: not known */
    const char *sender; /* the reverse-path; NULL: not known */
    const char *recipient;
    const char *submitter;       /* as in struct envelope; NULL: a stranger, or not known */
    const struct reason *reason; /* NULL: there is none */
    unsigned attempts;
};
