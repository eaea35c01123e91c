/*
 * The simulated DNS on the wire: UDP and TCP on one port of one wildcard address for each family.
 * It answers from the address that was asked, so one server is every name server of the world.
 *
 * Belongs to the event loop's thread. A client that sends nonsense, never reads, or opens more
 * connections than there is room for costs only itself: messages, connections, output and delayed
 * answers are limited (dns_server.c), and what is over the limit is dropped or closed.
 */
#pragma once

#include "sim/dns/dns_answer.h"
#include "sim/event/event_log.h"

struct event_base;
struct dns_server;

struct dns_server_options {
    const char *ipv4; /* "0.0.0.0" in a world, "127.0.0.1" in tests; NULL is none */
    const char *ipv6; /* "::"; NULL is none */
    uint16_t port;    /* 53; 0 chooses a free one */
    struct dns_answer_options answer;
    size_t tcp_connections_max; /* 0 is the default, 512 */
    int64_t tcp_idle_us;        /* how long a connection may stay without a query; 0: 10 s */
};

/* Binds and answers from then on. `log` may be NULL. Model and log must outlive the server; the
 * model may change between events of the loop. NULL with what could not be bound in `err`. */
struct dns_server *dns_server_open(struct event_base *base, struct dns_model *model,
                                   struct event_log *log, const struct dns_server_options *options,
                                   struct err *err) MUST_CHECK;
/* Drops connections and delayed answers. */
void dns_server_close(struct dns_server **server);

uint16_t dns_server_port(const struct dns_server *server);

/* No query is answered any more; each one's event names `place` as the fault. NULL: all are again.
 */
void dns_server_silence(struct dns_server *server, const char *place);

/* The timeline changed a zone: the "changed" event. */
void dns_server_log_change(struct event_log *log, const char *zone, const char *const *records,
                           size_t count);
