/*
 * A message in the queue: its envelope, the state of each recipient, and where its content is. One
 * block of memory for all that never changes; only the last status of a recipient is apart. A
 * recipient costs some 100 bytes and its texts.
 */
#pragma once

#include "mta-under-test/refmta/message/envelope.h"
#include "mta-under-test/refmta/queue/store.h"

struct queue_destination;

enum recipient_state {
    RECIPIENT_WAITING,   /* to be tried, now or later */
    RECIPIENT_DELIVERED, /* the next server has taken it */
    RECIPIENT_FAILED,    /* given back to the sender, or dropped where that is not allowed */
};

enum { MESSAGE_ID_TEXT_BYTES = 20, RECIPIENT_STATUS_BYTES_MAX = 512 };

/* The due time of what is held: tried when it is released, and not before. */
#define MESSAGE_HELD_US INT64_MAX

struct message_recipient {
    const char *address;
    const char *orcpt; /* NULL: none */
    char *status;      /* the last reply or reason, NULL before the first attempt */
    struct queue_destination *destination; /* where it waits for that; NULL: nowhere yet */
    int64_t due_us;                        /* when it is to be tried next */
    uint32_t attempts;                     /* that have failed */
    uint8_t state;                         /* enum recipient_state */
    uint8_t notify;
    bool is_forwarded; /* see envelope_recipient */
};

struct message {
    struct store_entry entry; /* where it is on the disk */
    uint64_t id;
    int64_t received_us;
    int64_t
        hold_until_us; /* FUTURERELEASE (RFC 4865): its time in the queue begins then; 0: none */
    const char *sender;
    const char *envid;     /* NULL: none */
    const char *submitter; /* as in the envelope; NULL: a stranger */
    char *cached;          /* the content, while it is kept in memory; NULL otherwise */
    struct message_recipient *recipients;
    uint32_t recipient_count;
    uint32_t open_count; /* of recipients in RECIPIENT_WAITING */
    uint8_t body;        /* enum envelope_body */
    uint8_t ret;         /* enum envelope_ret */
    bool smtputf8;
    int8_t priority;        /* MT-PRIORITY (RFC 6710), -9 to 9 */
    bool require_tls;       /* the sender said REQUIRETLS (RFC 8689) */
    bool tls_optional;      /* the message has "TLS-Required: No" */
    bool is_doubtful;       /* as in the envelope */
    bool warned;            /* the sender was told of the delay */
    bool removed;           /* its end is being written */
    bool deliver_by_return; /* DELIVERBY: what is late is returned; else the sender is told */
    int64_t deliver_by_us;  /* DELIVERBY (RFC 2852); 0: none */
};

/* `content_len` bytes of content will be told to the store by the record it is added with. */
struct message *message_new(const struct envelope *envelope, uint64_t id,
                            int64_t received_us) MUST_CHECK;
void message_free(struct message **message);

/* Keeps the first RECIPIENT_STATUS_BYTES_MAX bytes, without control characters. */
void message_set_status(struct message_recipient *recipient, const char *status);

static inline bool message_is_held(const struct message_recipient *recipient)
{
    return recipient->state == RECIPIENT_WAITING && recipient->due_us == MESSAGE_HELD_US;
}

/* When its time in the queue began: at receipt, or when its hold ended. */
int64_t message_waits_since(const struct message *message);
/* When it is given up: `give_up_us` later, or before that where DELIVERBY wants it back. */
int64_t message_give_up_at(const struct message *message, int64_t give_up_us);

/* The queue id as people see it. Returns `text`. */
const char *message_id_text(uint64_t id, char text[MESSAGE_ID_TEXT_BYTES]);
/* -1 if it is none. */
int message_id_from_text(struct slice text, uint64_t *id) MUST_CHECK;

/* The domain of an address, behind the last "@"; empty if it has none. */
struct slice message_domain(const char *address);
