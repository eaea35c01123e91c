/*
 * Callback verification: before a host takes a recipient it asks the sender's own mail host whether
 * the sender exists, with MAIL FROM:<> and RCPT TO, and no DATA. A real connection, from the
 * host's own address.
 */
#pragma once

#include <event2/event.h>

#include "sim/value/address.h"

struct mx_caller;

/* The reply to RCPT; 0 where there was none (unreachable, refused before, six seconds over). The
 * caller is gone when this is called. */
typedef void mx_caller_done(void *context, int code, const char *text);

struct mx_caller_options {
    struct event_base *base;
    struct address target;
    struct address source;
    const char *helo;
    const char *mailbox; /* whom it asks about */
    mx_caller_done *done;
    void *context;
};

/* NULL if no connection can be begun; `done` is then not called. */
struct mx_caller *mx_caller_start(const struct mx_caller_options *options);
/* Ends it without an answer; accepts NULL. */
void mx_caller_free(struct mx_caller **caller);
