/*
 * What the transports of the server share: the answerer, the log, answers that wait. Private to
 * sim/dns.
 */
#pragma once

#include "mta-under-test/base/list.h"
#include "sim/dns/dns_server.h"

enum { DNS_DELAYED_MAX = 20000 };

struct dns_service {
    struct event_base *base;
    struct dns_answerer *answerer;
    struct event_log *log;
    const char *silenced_by; /* place in the scenario; NULL = it answers */
    struct list delayed;     /* struct dns_delayed, by age */
    size_t delayed_count;
};

/* Where an answer goes. */
struct dns_peer {
    struct address client;
    struct address server; /* that was asked, and that answers */
    uint16_t port;         /* of the client */
};

typedef void dns_delayed_send(void *context, const struct dns_peer *peer, struct slice reply);

void dns_service_init(struct dns_service *service, struct event_base *base);
/* Drops what waits, frees the answerer. */
void dns_service_deinit(struct dns_service *service);

/* Answers a query and logs it. */
void dns_service_answer(struct dns_service *service, struct slice bytes, bool tcp,
                        const struct dns_peer *peer, struct dns_outcome *outcome);

/* Calls `send` with a copy of the reply after the delay; drops it if too many wait already. */
void dns_service_delay(struct dns_service *service, const struct dns_outcome *outcome,
                       const struct dns_peer *peer, dns_delayed_send *send, void *context);
/* Drops what waits for `context`; returns how many there were. */
size_t dns_service_forget(struct dns_service *service, const void *context);
/* True if an answer waits for `context`. */
bool dns_service_waits(const struct dns_service *service, const void *context);
