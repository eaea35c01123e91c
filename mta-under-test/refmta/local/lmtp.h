/*
 * An LMTP client (RFC 2033) for one message: as SMTP, but each recipient has an own reply behind
 * the content. Blocks, with a time limit on each wait: for a thread of its own.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"

enum { LMTP_TEXT_BYTES = 512 };

struct lmtp_recipient {
    const char *address;
    int code;                   /* of the reply that decided; 0: there was none */
    char text[LMTP_TEXT_BYTES]; /* of that reply, one line, with its enhanced status */
};

struct lmtp_request {
    const char *server;   /* "/path/of/socket" or "192.0.2.1:24" */
    const char *hostname; /* ours, for LHLO */
    const char *sender;
    struct slice content; /* with CRLF */
    struct lmtp_recipient *recipients;
    size_t recipient_count;
    int timeout_ms;
};

/* 0: each recipient has a reply; -1 with a text: those without one wait. */
int lmtp_deliver(struct lmtp_request *request, struct err *err) MUST_CHECK;
