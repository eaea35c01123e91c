/*
 * The way to a destination: its hosts in order of preference with their addresses, as DNS tells it
 * now. Found once, used for all messages to the destination until the shortest TTL has run out.
 */
#pragma once

#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/delivery/mx_choice.h"
#include "mta-under-test/refmta/delivery/sts_lookup.h"
#include "mta-under-test/refmta/message/reason.h"
#include "mta-under-test/refmta/routing/routing_rules.h"
#include "mta-under-test/refmta/tlspolicy/tls_peer.h"

enum { ROUTE_HOSTS_MAX = MX_HOSTS_MAX, ROUTE_ADDRESSES_MAX = 16 };

struct route_host {
    const char *name;
    uint16_t preference;
    unsigned weight;                                  /* among those of equal preference */
    struct ip_address addresses[ROUTE_ADDRESSES_MAX]; /* IPv6 and IPv4 in turn */
    size_t address_count;
    struct ip_address v4[ROUTE_ADDRESSES_MAX]; /* as they were found */
    size_t v4_count;
    struct ip_address v6[ROUTE_ADDRESSES_MAX];
    size_t v6_count;
    bool failed;    /* DNS could not tell its addresses */
    bool is_secure; /* DNSSEC vouches for all addresses that were found */
    bool is_insecure;
    const char *canonical; /* the name behind an alias that DNSSEC vouches for; NULL: none */
    enum tls_dane dane;
    struct dane_record *tlsa;
    size_t tlsa_count;
    const char *tls_name; /* for SNI and the certificate: the name, or the TLSA base domain */
};

enum route_verdict {
    ROUTE_GOOD,
    ROUTE_LATER,  /* DNS did not answer: try again */
    ROUTE_NOWHERE /* no mail can be sent there: reason says why */
};

struct route {
    enum route_verdict verdict;
    struct reason reason; /* unless ROUTE_GOOD */
    struct route_host *hosts;
    size_t host_count;
    uint16_t port;
    int64_t expires_us;      /* monotonic time */
    bool is_secure;          /* DNSSEC vouches for the hosts' names */
    const char *sts_domain;  /* whose MTA-STS policy holds here; NULL: nobody's */
    const char *sts_problem; /* what went wrong with that policy (RFC 8460 4.3); NULL: nothing */
    unsigned user_count;
    struct arena arena;
};

struct route_request {
    struct resolver *resolver;
    const struct config *config;
    const char *destination;           /* a domain, an address literal, or the smart host */
    const struct routing_relay *relay; /* NULL: none; else its hosts are the way */
    const struct routing_pool *pool;   /* what we send from: other families are of no use */
    const struct sts_lookups *sts;     /* NULL: no MTA-STS */
    void (*done)(void *arg, struct route *route); /* the route is the callee's */
    void *arg;
};

struct route_search;

/* Calls done() once, later or from inside this call. */
void route_find(const struct route_request *request);
/* A route is shared by its lane and its connections: each route_keep() needs its route_free(). */
struct route *route_keep(struct route *route);
void route_free(struct route **route);

/* One address to try. */
struct route_candidate {
    const struct route_host *host;
    const struct ip_address *address;
};

/* The order of this attempt: hosts by preference, equal ones shuffled, all addresses of each.
 * Returns the number, at most `max`. */
size_t route_order(const struct route *route, struct rng *rng, struct route_candidate *out,
                   size_t max);
