/*
 * DNS questions, asked with c-ares on the loop. One timer, and only while a question is open.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/refmta/delivery/dns_answer.h"

struct resolver;

enum resolver_status {
    RESOLVER_FOUND,
    RESOLVER_NO_DATA, /* the name exists, but not with this type */
    RESOLVER_NO_NAME, /* NXDOMAIN */
    RESOLVER_FAILED,  /* no answer that could be believed: try later */
};

struct resolver_result {
    enum resolver_status status;
    const char *text; /* RESOLVER_FAILED: why */
    struct dns_answer answer;
};

/* `servers`: none for those of the system. */
struct resolver_options {
    struct event_base *base;
    const struct ip_endpoint *servers;
    size_t server_count;
};

struct resolver *resolver_open(const struct resolver_options *options, struct err *err) MUST_CHECK;
/* Open questions are dropped: their functions are not called. */
void resolver_close(struct resolver **resolver);

/* Calls done() once, later or from inside this call; the result is valid only during it. */
void resolver_ask(struct resolver *resolver, const char *name, unsigned type,
                  void (*done)(void *arg, const struct resolver_result *result), void *arg);
