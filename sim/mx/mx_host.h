/*
 * One simulated host: who it is, what it offers, how it answers. Made by mx_model from a scenario;
 * a session reads it.
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "sim/mx/mx_limits.h"
#include "sim/mx/mx_rulebook.h"
#include "sim/net/net_condition.h"
#include "sim/provider/provider.h"
#include "sim/tls/tls_contexts.h"
#include "sim/tls/tls_tlsa.h"

/* ESMTP extensions (the word after 250-, whether a value may follow). */
#define MX_EXTENSIONS(X)               \
    X(PIPELINING, "PIPELINING")        \
    X(SIZE, "SIZE")                    \
    X(EIGHT_BIT, "8BITMIME")           \
    X(SMTPUTF8, "SMTPUTF8")            \
    X(ENHANCED, "ENHANCEDSTATUSCODES") \
    X(CHUNKING, "CHUNKING")            \
    X(BINARY, "BINARYMIME")            \
    X(DSN, "DSN")                      \
    X(STARTTLS, "STARTTLS")            \
    X(AUTH, "AUTH")                    \
    X(REQUIRETLS, "REQUIRETLS")        \
    X(MT_PRIORITY, "MT-PRIORITY")      \
    X(VRFY, "VRFY")                    \
    X(HELP, "HELP")

enum mx_extension {
#define X(name, word) MX_EXTENSION_##name,
    MX_EXTENSIONS(X)
#undef X
        MX_EXTENSION_COUNT,
};

#define MX_EXTENSION_BIT(extension) (1u << (unsigned)(extension))

extern const char *const MX_EXTENSION_WORDS[];

/* What a recipient is to a host. */
enum mx_recipient_kind {
    MX_RECIPIENT_KNOWN,
    MX_RECIPIENT_UNKNOWN, /* no such user */
    MX_RECIPIENT_FOREIGN, /* not of its domains */
};

struct mx_credential {
    const char *user;
    const char *password;
};

enum {
    MX_PORTS_MAX = 8,
    MX_PORT_LMTP = 24, /* "any private mail system": what LMTP servers use, never 25 (RFC 2033 5) */
};

/* Does a host look at SPF, DKIM and the like? */
enum mx_verify {
    MX_VERIFY_WHERE_ASKED, /* where a rule or an expectation asks for it */
    MX_VERIFY_ALWAYS,
    MX_VERIFY_NEVER,
};

struct mx_host {
    const char *name;
    struct address *addresses;
    size_t address_count;
    const char *provider;     /* hosts with the same one share their state; NULL = its own */
    struct provider *judge;   /* of that name, where the scenario describes one; not owned */
    const char *banner;       /* the text behind "220 "; NULL = "NAME ESMTP" */
    bool is_lmtp;             /* speaks LMTP (RFC 2033) instead of SMTP */
    bool no_esmtp;            /* answers EHLO as an unknown command: HELO only */
    bool strips_starttls;     /* a middlebox writes X over the word STARTTLS */
    unsigned offers;          /* MX_EXTENSION_BIT()s */
    int64_t size_max;         /* SIZE; 0 = no limit is told */
    const char *auth;         /* mechanisms, "PLAIN LOGIN" */
    const char *const *lines; /* further lines of the EHLO reply, as given */
    size_t line_count;
    struct range latency_us; /* drawn anew for each wait */
    int64_t bandwidth;       /* bytes a second that it takes; 0 = no limit */
    bool ports_given;
    uint16_t ports[MX_PORTS_MAX];
    size_t port_count;
    bool down;     /* as the scenario says, for good */
    bool down_now; /* as the timeline says */
    bool down_window_given;
    struct window down_window;
    struct net_condition *network; /* what happens before its sockets */
    size_t network_count;
    enum tls_identity_kind identity;
    struct tls_settings tls;
    enum mx_tls_fault tls_fault;
    enum mx_tls_slip tls_slip;
    const struct tls_tlsa *tlsa; /* records that are published about it */
    size_t tlsa_count;
    const char *starttls_reply; /* refuses STARTTLS with this, or NULL */
    struct pattern *accepts;    /* recipients; NULL = those of `domains` */
    struct pattern *users;      /* known users; NULL = all */
    struct map domains;         /* from the MX records; empty = any */
    struct mx_credential *credentials;
    size_t credential_count;
    enum mx_verify verify;
    unsigned auth_stages; /* MX_STAGE_BIT()s at which a rule asks for such a result */
    bool asks_soa;
    struct mx_rule_list own;
    struct mx_rulebook rules;
    struct spec spec;

    /* While it runs */
    struct mx_state *state; /* its own, where it has no provider */
    uint64_t session_count;
    uint64_t message_count;     /* stored so far */
    struct map clients;         /* connections by client address */
    struct tls_identity *shown; /* made at the first use */
    unsigned rotations;         /* new keys since the start */
};

bool mx_host_offers(const struct mx_host *host, enum mx_extension extension);
/* Does it look at SPF, DKIM and the like of the messages that it gets? */
bool mx_host_verifies(const struct mx_host *host);
/* Is it mail for this host, by the DNS or by what it accepts? Not merely because it takes all. */
bool mx_host_is_meant(const struct mx_host *host, struct slice mailbox);
/* Is the mailbox one that the host takes? */
enum mx_recipient_kind mx_host_judge_recipient(const struct mx_host *host, struct slice mailbox);
/* Is it down now: for good, or in its window? */
bool mx_host_is_down(const struct mx_host *host, int64_t now_us, int64_t since_start_us);
/* Does it take connections at this port now? */
bool mx_host_listens(const struct mx_host *host, uint16_t port, int64_t now_us,
                     int64_t since_start_us);
/* What keeps connections to one of its addresses from being made now, or NET_OPEN; a host that is
 * down refuses. */
enum net_condition_kind mx_host_network(const struct mx_host *host, const struct address *address,
                                        int64_t now_us, int64_t since_start_us);
/* When that may change next, since the start; INT64_MAX for never. */
int64_t mx_host_network_next_us(const struct mx_host *host, int64_t now_us, int64_t since_start_us);
/* Counts a connection of this client; its number, from 1. */
uint64_t mx_host_count_client(struct mx_host *host, const struct address *client);
