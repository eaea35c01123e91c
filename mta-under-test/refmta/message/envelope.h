/*
 * The envelope of one transaction, as SMTP builds it up: reverse-path, forward-paths and their
 * parameters. Texts belong to its arena.
 */
#pragma once

#include "mta-under-test/base/arena.h"

/* The numbers stand on the disk. */
enum envelope_body { ENVELOPE_BODY_7BIT, ENVELOPE_BODY_8BITMIME, ENVELOPE_BODY_BINARYMIME };
enum envelope_ret { ENVELOPE_RET_UNSET, ENVELOPE_RET_FULL, ENVELOPE_RET_HDRS };

/* NOTIFY of RFC 3461 4.1, as bits. None set: not given. */
enum {
    ENVELOPE_NOTIFY_NEVER = 1,
    ENVELOPE_NOTIFY_SUCCESS = 2,
    ENVELOPE_NOTIFY_FAILURE = 4,
    ENVELOPE_NOTIFY_DELAY = 8,
};

struct envelope_recipient {
    const char *address;
    const char *orcpt; /* as it was given, "rfc822;..."; NULL if it was not */
    uint8_t notify;
    bool is_forwarded; /* an address of ours stands for it, though it is elsewhere */
};

struct envelope {
    struct arena arena;
    const char *sender; /* "" for the null reverse-path */
    const char *envid;  /* as it was given (xtext); NULL if it was not */
    /* Who answers for it: the user that has logged in, else the reverse-path of a client of ours;
     * NULL: a stranger. */
    const char *submitter;
    bool is_doubtful; /* SPF or DMARC failed: whoever the reverse-path names may not have sent it */
    enum envelope_body body;
    enum envelope_ret ret;
    bool smtputf8;
    bool require_tls;       /* REQUIRETLS (RFC 8689 2) */
    bool tls_optional;      /* the content has "TLS-Required: No" (RFC 8689 3) */
    int64_t hold_until_us;  /* FUTURERELEASE (RFC 4865): not tried before; 0: at once */
    int64_t deliver_by_us;  /* DELIVERBY (RFC 2852), as a point in time; 0: none */
    bool deliver_by_return; /* what is late comes back; otherwise the sender is only told */
    int8_t priority;        /* MT-PRIORITY (RFC 6710), -9 to 9 */
    struct envelope_recipient *recipients;
    size_t recipient_count;
    size_t recipient_size;
};

void envelope_init(struct envelope *envelope);
void envelope_deinit(struct envelope *envelope);
/* Empties it for the next transaction. */
void envelope_reset(struct envelope *envelope);

void envelope_set_sender(struct envelope *envelope, struct slice sender);
/* Adds a recipient and returns it; valid until the next one is added. */
struct envelope_recipient *envelope_add_recipient(struct envelope *envelope, struct slice address);
