/*
 * Which way a message takes, and from which of our addresses: rules of a JSON file over sender,
 * recipient and header. What may stand in it is told in the README of this folder. All belongs to
 * the arena.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/refmta/net/ip.h"

/* One identity of ours: an address of either family, and the name that EHLO says from there. */
struct routing_source {
    const char *name;     /* for logs: the first address, or "default" */
    struct ip_address v4; /* family 0: none */
    struct ip_address v6;
    const char *hostname;
};

/* Sources that share the load. */
struct routing_pool {
    const char *name;
    struct routing_source *sources;
    size_t source_count;
};

enum routing_protocol { ROUTING_SMTP, ROUTING_LMTP /* RFC 2033 */ };
enum routing_tls { ROUTING_TLS_STARTTLS, ROUTING_TLS_IMPLICIT, ROUTING_TLS_OPPORTUNISTIC };

struct routing_host {
    const char *name; /* of the host, or its address */
    uint16_t port;
    unsigned weight;   /* share among those of one priority */
    unsigned priority; /* the lowest is tried first; the next when all of it fail */
};

/* Servers that take mail for anywhere: a smart host, a cloud relay, several with failover. */
struct routing_relay {
    const char *name;
    struct routing_host *hosts;
    size_t host_count;
    enum routing_protocol protocol;
    enum routing_tls tls;
    const char *user; /* NULL: no login */
    const char *password_file;
    char *password; /* its first line */
};

/* All patterns are globs; NULL fits everything. The first rule that fits counts. */
struct routing_rule {
    const char *name;
    const char *sender;
    const char *recipient;
    const char *domain; /* of the recipient */
    const char *header; /* the name of a field, ... */
    const char *value;  /* ... whose value (of its first occurrence) fits */
    const char *relay_name;
    const char *pool_name;
    const struct routing_relay *relay; /* NULL: to the MX hosts */
    const struct routing_pool *pool;   /* NULL: the default */
};

struct routing_rules {
    struct routing_pool *pools;
    size_t pool_count;
    struct routing_relay *relays;
    size_t relay_count;
    struct routing_rule *rules;
    size_t rule_count;
};

/* What a rule looks at. */
struct routing_facts {
    const char *sender; /* "" for the null reverse-path */
    const char *recipient;
    struct slice headers; /* the head of the content, or less */
};

/* -1 with a text that has the file, and the line or the JSON path. Reads the password files. */
int routing_rules_parse(struct routing_rules *rules, struct arena *arena, const char *name,
                        struct slice json, struct err *err) MUST_CHECK;
int routing_rules_load(struct routing_rules *rules, struct arena *arena, const char *path,
                       struct err *err) MUST_CHECK;
/* NULL: no rule fits, the mail goes to the MX hosts from the default sources. */
const struct routing_rule *routing_rules_find(const struct routing_rules *rules,
                                              const struct routing_facts *facts);
/* Overwrites the passwords. */
void routing_rules_forget(struct routing_rules *rules);
