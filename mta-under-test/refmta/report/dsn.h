/*
 * Delivery status notifications: the message that tells a sender that mail failed, is late, was
 * delivered or was passed on. A multipart/report (RFC 6522) of three parts: words for people, the
 * status (RFC 3464), and the message or its headers. Text only: no state, no time of its own.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/refmta/message/reason.h"

enum dsn_kind { DSN_FAILED, DSN_DELAYED, DSN_DELIVERED, DSN_RELAYED };

struct dsn_recipient {
    const char *address;
    const char *orcpt; /* as given with RCPT (xtext), NULL: none */
    struct reason reason;
};

struct dsn_facts {
    enum dsn_kind kind;
    const char *hostname; /* ours */
    const char *to;       /* the sender of the message that this is about */
    const char *id;       /* of the report itself: makes Message-ID and boundary */
    const char *about_id; /* queue id of the message that this is about */
    const char *envid;    /* as given with MAIL (xtext), NULL: none */
    int64_t received_us;
    int64_t now_us;
    int64_t retry_until_us; /* DSN_DELAYED */
    const struct dsn_recipient *recipients;
    size_t recipient_count;
    struct slice original; /* the headers, or the whole message if `is_full` */
    bool is_full;
    bool is_utf8; /* it came with SMTPUTF8: its header may have UTF-8 */
};

/* Writes the message, with CRLF and not dot-stuffed. */
void dsn_write(const struct dsn_facts *facts, struct buf *out);

/* The header block of a message: up to and with the last CRLF before the empty line. */
struct slice dsn_headers_of(struct slice message);
