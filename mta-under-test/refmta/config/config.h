/*
 * The configuration of refmta: one JSON file, read strictly. What may stand in it is told in the
 * README of refmta; here is what it becomes. All of it belongs to the config's arena.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/refmta/config/config_auth.h"
#include "mta-under-test/refmta/config/config_check.h"
#include "mta-under-test/refmta/config/config_dmarc_reports.h"
#include "mta-under-test/refmta/config/config_limits.h"
#include "mta-under-test/refmta/config/config_local.h"
#include "mta-under-test/refmta/config/config_sender_watch.h"
#include "mta-under-test/refmta/config/config_tls_destination.h"
#include "mta-under-test/refmta/config/config_unsubscribe.h"
#include "mta-under-test/refmta/config/config_webhooks.h"
#include "mta-under-test/refmta/config/schedule.h"
#include "mta-under-test/refmta/net/ip.h"
#include "mta-under-test/refmta/tlspolicy/tls_policy.h"

struct shaping_rules;
struct routing_rules;

enum config_mode { CONFIG_MODE_RELAY, CONFIG_MODE_SUBMISSION };
enum config_listener_tls { CONFIG_TLS_NONE, CONFIG_TLS_STARTTLS, CONFIG_TLS_IMPLICIT };
/* What becomes of a CR or LF alone in a message. */
enum config_bare { CONFIG_BARE_REFUSE, CONFIG_BARE_NORMALISE };
/* Whether VRFY and EXPN tell what is there: to nobody, and say so or not; or to our own clients. */
enum config_vrfy { CONFIG_VRFY_NEUTRAL, CONFIG_VRFY_OFF, CONFIG_VRFY_OWN };
/* What a submission server does with Sender (RFC 6409 8.1). */
enum config_sender { CONFIG_SENDER_KEEP, CONFIG_SENDER_USER };
enum config_durability { CONFIG_DURABILITY_FULL, CONFIG_DURABILITY_OFF };

struct config_listener {
    struct ip_endpoint endpoint;
    enum config_mode mode;
    enum config_listener_tls tls;
    struct ip_network *proxies; /* begin with a header of the PROXY protocol */
    size_t proxy_count;
    struct ip_network *xclients; /* may say XCLIENT */
    size_t xclient_count;
};

/* A key that signs for its domain, for a time. */
struct config_dkim_key {
    const char *domain;
    const char *selector;
    const char *key;  /* file */
    int64_t from_us;  /* 0: since ever */
    int64_t until_us; /* 0: for ever */
};

struct config_domains {
    const char **names; /* lower case */
    size_t count;
};

struct config {
    struct arena arena;
    size_t *hold_count; /* config_hold() */
    const char *source; /* the JSON text */
    const char *hostname;
    struct config_listener *listeners;
    size_t listener_count;
    const char *spool;
    struct ip_endpoint *resolvers; /* none: those of the system */
    size_t resolver_count;
    struct ip_address *sources;
    size_t source_count;
    struct ip_address source_v4; /* of these; family 0: not given */
    struct ip_address source_v6;
    struct ip_network *relay_networks;
    size_t relay_network_count;
    struct config_domains relay_for;
    struct schedule retry;
    const char *retry_text;
    int64_t give_up_us;
    int64_t warn_after_us;     /* 0: never */
    unsigned reports_per_hour; /* to one sender who is a stranger; 0: any number */
    enum tls_mode tls_mode;
    bool tls_dane; /* the resolvers validate: their AD bit counts */
    bool tls_sts;  /* policies of MTA-STS are looked for */
    struct config_tls_destination *tls_destinations; /* the first that fits counts */
    size_t tls_destination_count;
    const char *tls_certificate; /* NULL: none */
    const char *tls_key;
    const char *tls_trust;  /* NULL: the system's */
    const char *smart_host; /* NULL: straight to the MX hosts */
    uint16_t smart_host_port;
    const char *smart_host_user;          /* NULL: no login there */
    const char *smart_host_password_file; /* its first line is the password */
    const char *smart_host_password;      /* put here by whoever read that file */
    struct config_auth auth;
    const char *dkim_domain; /* NULL: nothing is signed */
    const char *dkim_selector;
    const char *dkim_key;              /* file */
    struct config_dkim_key *dkim_keys; /* more of them */
    size_t dkim_key_count;
    bool arc_seal;          /* what is passed on */
    const char *srs_domain; /* NULL: reverse-paths stay as they are */
    const char *srs_key_file;
    const char *srs_keys; /* put here by whoever read that file */
    int64_t srs_life_us;
    const char *tls_reports_from; /* mailbox that reports on TLS come from; NULL: none are made */
    const char *tls_reports_name; /* of our organisation; NULL: the host name */
    struct config_dmarc_reports dmarc_reports;
    struct config_webhooks webhooks;
    struct config_sender_watch sender_watch;
    struct config_unsubscribe unsubscribe;
    const char *suppression;     /* file of addresses that get no more mail; NULL: none is kept */
    int64_t suppress_bounces_us; /* how long; 0: for ever */
    int64_t suppress_complaints_us;
    int64_t suppress_unsubscribes_us;
    struct config_domains
        feedback_to;            /* globs of our addresses that bounces and complaints go to */
    struct config_domains verp; /* globs of senders */
    const char *shaping;        /* file of rules for receivers; NULL: none */
    const char *routing;        /* file of rules for the way out; NULL: none */
    /* Put here by whoever read those files; empty ones without a file. */
    const struct shaping_rules *shaping_rules;
    const struct routing_rules *routing_rules;
    unsigned concurrency;
    unsigned outbound_connections;
    bool chunking; /* ordinary content goes by BDAT where that is offered */
    uint64_t size_limit_bytes;
    struct config_limits limits;
    struct config_local local;
    struct config_check *checks; /* in their order */
    size_t check_count;
    enum config_bare bare_newlines;
    enum config_sender sender_field;
    enum config_vrfy vrfy;
    enum config_vrfy expn;
    struct config_domains etrn; /* for which ETRN may be said */
    const char *log;
    enum config_durability durability;
    const char *user; /* that it becomes; NULL: stays who it is */
    bool sandbox;
    const char **sandbox_writable; /* folders, besides its own */
    size_t sandbox_writable_count;
    const char *control;           /* NULL: no control socket */
    struct ip_endpoint submission; /* HTTP for programs that send; family 0: none */
    bool submission_tls;
    const char *submission_tokens; /* file */
    struct ip_endpoint operations; /* HTTP for metrics and health; family 0: none */
};

/* Reads the file; -1 with a text that has the file, and the line or the JSON path. The config must
 * be released with config_deinit() in both cases. */
int config_load(struct config *config, const char *path, struct err *err) MUST_CHECK;
/* The same from memory; `name` stands for the file in messages. */
int config_parse(struct config *config, const char *name, struct slice json,
                 struct err *err) MUST_CHECK;
void config_deinit(struct config *config);

/* Whoever looks at a config beyond one call says so, and says when it no longer does: a reload
 * brings a new one, and the old one is released when nobody holds it. Counted in one thread. A
 * config that was not parsed is never counted. */
const struct config *config_hold(const struct config *config);
void config_let_go(const struct config *config);
bool config_is_held(const struct config *config);

/* Whether mail for the domain (any case) ends here. */
bool config_is_local(const struct config *config, struct slice domain);

/* Whether `domain` (any case) is one of them. */
bool config_domains_have(const struct config_domains *domains, struct slice domain);
