/*
 * A simulated host as a client, in a real connection from its own address. It asks or delivers.
 *
 * Callback verification: before a host takes a recipient it asks the sender's own mail host whether
 * the sender exists, with MAIL FROM:<> and RCPT TO, and no DATA. A report (as of complaints, RFC
 * 5965) is delivered, in one attempt and in clear text.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/slice.h"
#include "sim/value/address.h"

struct mx_caller;

/* The reply to RCPT, or of a delivery the one that decided; 0 where there was none (unreachable,
 * asked and refused before RCPT, six seconds over, of a delivery five minutes). The caller is gone
 * when this is called. */
typedef void mx_caller_done(void *context, int code, const char *text);

struct mx_caller_options {
    struct event_base *base;
    struct address target;
    struct address source;
    const char *helo;
    const char *mailbox;  /* whom it asks about, or writes to */
    const char *sender;   /* NULL is the null reverse-path */
    struct slice content; /* with CRLF, not yet dot-stuffed; empty = only asks */
    mx_caller_done *done;
    void *context;
};

/* NULL if no connection can be begun; `done` is then not called. */
struct mx_caller *mx_caller_start(const struct mx_caller_options *options);
/* Ends it without an answer; accepts NULL. */
void mx_caller_free(struct mx_caller **caller);
