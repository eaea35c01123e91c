/*
 * The one-click unsubscription of RFC 8058 as a mailbox provider does it for its reader: a POST
 * over HTTPS to the address in List-Unsubscribe, with the body that List-Unsubscribe-Post names,
 * without cookies or any other hint at the reader. The certificate has to be right for the host; a
 * redirection is not followed (3.2: nothing but the request itself may be needed).
 */
#pragma once

#include <event2/event.h>
#include <openssl/ssl.h>

#include "mta-under-test/base/slice.h"
#include "sim/value/address.h"

enum { ONE_CLICK_HOST_BYTES = 256, ONE_CLICK_TARGET_BYTES = 2048 };

/* "https://news.sender.test:8443/u?r=1" in parts. */
struct one_click_url {
    char host[ONE_CLICK_HOST_BYTES];
    char target[ONE_CLICK_TARGET_BYTES]; /* path and query, at least "/" */
    uint16_t port;
};

/* The first https address of a List-Unsubscribe field (RFC 2369: in angle brackets, with commas
 * between); false if there is none that can be asked. */
bool one_click_find_url(struct slice field, struct one_click_url *url);

struct one_click;

/* HTTP's status, or 0 with what went wrong. The request is gone when this is called. */
typedef void one_click_done(void *context, int status, const char *error);

struct one_click_options {
    struct event_base *base;
    SSL_CTX *tls;                    /* trusts whom readers trust */
    const struct one_click_url *url; /* read at the start only */
    struct address target;
    struct address source;
    one_click_done *done;
    void *context;
};

/* NULL if no connection can be begun; `done` is then not called. */
struct one_click *one_click_start(const struct one_click_options *options);
/* Ends it without an answer; accepts NULL. */
void one_click_free(struct one_click **click);
