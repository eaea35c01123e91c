/*
 * A scenario as data, read, checked and completed with its defaults. It stands apart from what
 * reads it, so that those who act on a scenario or judge a run (sim/submit, sim/check) stand below
 * the reader, which knows them all.
 *
 * Immutable once loaded; everything in it lives in its arena.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "sim/value/address.h"
#include "sim/value/pattern.h"
#include "sim/value/range.h"
#include "sim/value/spec.h"

struct check_list;   /* sim/check: the expectations */
struct client_list;  /* sim/client: who speaks to the server under test */
struct dns_model;    /* sim/dns: zones and faults */
struct mta_settings; /* sim/mta: the server under test */
struct policy_model; /* sim/policy: HTTPS hosts, report mailboxes, blocklists */
struct mx_model;     /* sim/mx: hosts, rules, profiles */

/* One entry of "messages". `to` may hold sequences; each text of a sequence makes a message of its
 * own, whose id is "ID/N" (N from 1), while a plain list of recipients shares one transaction. */
struct scenario_message {
    const char *id;   /* "m1", "m2", ... where the scenario gives none */
    const char *from; /* "" is the null reverse-path */
    const char *const *to;
    size_t to_count;
    size_t instances;         /* how many messages this entry stands for */
    const char *file;         /* a .eml, resolved; NULL = text is made */
    const char *text;         /* the body, where inline; NULL = a default one */
    const char *subject;      /* NULL = a default one */
    const char *const *lines; /* header lines to add or replace, "Name: value" */
    size_t line_count;
    int64_t size_bytes;          /* pad the body to this size; 0 = as it is */
    const char *mail_parameters; /* to hand it in with, " RET=HDRS"; "" = none */
    bool require_tls;            /* it is handed in within TLS, with REQUIRETLS (RFC 8689) */
    const char *rcpt_parameters; /* likewise, " NOTIFY=success" */
    int64_t at_us;               /* since the start */
    struct rate rate;            /* count 0 = all at once */
    int port;                    /* 25 or 587, 465 */
    struct address client;       /* the host on the internet that hands it in ... */
    bool has_client;             /* ... instead of a neighbour of the server */
    bool own_connection;         /* no other message shares its connection */
    size_t per_connection;       /* no more messages over one connection; 0 = nothing is said */
    bool pipelining;             /* MAIL, all RCPT and DATA at once, where the server offers it */
    struct spec spec;
};

enum scenario_action {
    SCENARIO_DNS_SET,      /* zone, records */
    SCENARIO_DNS_REMOVE,   /* zone, name */
    SCENARIO_MTA_KILL,     /* then-restart-after */
    SCENARIO_MTA_RESTART,  /* in order: stop, start */
    SCENARIO_MTA_PAUSE,    /* for */
    SCENARIO_MTA_RELOAD,   /* settings: the configuration changes */
    SCENARIO_MTA_SKEW,     /* skew, for: its own clock goes wrong */
    SCENARIO_HOST_DOWN,    /* host, for: refuses connections */
    SCENARIO_DISK_FULL,    /* leaves, for: no room in /var/spool */
    SCENARIO_DISK_SLOW,    /* takes, for: each flush to /var/spool */
    SCENARIO_DISK_FAILING, /* for: each flush to /var/spool fails */
    SCENARIO_NETWORK_DOWN, /* as, for: of the server under test */
    SCENARIO_DNS_DOWN,     /* for: no name server answers */
    SCENARIO_ROTATE_KEY,   /* host, dane: a new key and certificate */
    SCENARIO_PUBLISH_DANE, /* host: its TLSA records are made anew */
    SCENARIO_STS_SET,      /* domain: its MTA-STS policy changes (sim/policy reads the entry) */
    SCENARIO_LIST_IP,      /* blocklist, ip, for */
    SCENARIO_DELIST_IP,    /* blocklist, ip */
    /* The operator's commands on the server's queue, all with message, from, to. */
    SCENARIO_QUEUE_HOLD,
    SCENARIO_QUEUE_RELEASE,
    SCENARIO_QUEUE_FLUSH,
    SCENARIO_QUEUE_DELETE,
    SCENARIO_QUEUE_BOUNCE,
    SCENARIO_QUEUE_EXPLAIN,
    SCENARIO_QUEUE_LIST, /* without them: the listing is kept */
    SCENARIO_ACTION_COUNT,
};

enum scenario_silence {
    SCENARIO_SILENT,      /* what is sent vanishes */
    SCENARIO_UNREACHABLE, /* the sender is told at once that there is no way */
};

struct scenario_event {
    int64_t at_us;
    int64_t every_us; /* it happens again so long after it began ... */
    int64_t times;    /* ... until it has happened so often; at least 1 */
    enum scenario_action action;
    const char *zone;
    const char *name;
    const char *host;
    const char *const *records;
    size_t record_count;
    const struct mta_settings *settings; /* of MTA_RELOAD: from then on */
    int64_t leaves_bytes;                /* of DISK_FULL: what is still free */
    int64_t skew_us;                     /* of MTA_SKEW: against the world's clock */
    int64_t takes_us;                    /* of DISK_SLOW */
    enum scenario_silence as;
    const char *domain;
    const char *blocklist;
    const char *ip;
    struct pattern *message; /* of QUEUE_...: which of the mail that waits; NULL = any */
    struct pattern *from;
    struct pattern *to;
    bool keeps_dane; /* rotate-key: the TLSA records stay as they were */
    int64_t for_us;  /* -1 = for ever; for MTA_KILL: restart after that long */
    struct spec spec;
};

/* A rule that the scenario itself gives to a host: one that never fires is worth a word. */
struct scenario_rule {
    const char *host;    /* NULL: of any host with the profile */
    const char *profile; /* of the scenario itself, or NULL */
    const char *rule;
    const char *place;
};

/* Something that is no error, but hardly meant. */
struct scenario_finding {
    const char *place; /* "FILE:LINE: PATH" */
    const char *text;
};

struct scenario {
    const char *file;
    const char
        *label; /* the file as evidence names it: from the project's root, or its last part */
    const char *folder; /* of the file; fixtures are looked for there, then in the project's root */
    const char *name;
    const char *about;
    const char *const *tags;
    size_t tag_count;
    const char *const *references;
    size_t reference_count;
    uint64_t seed;
    int64_t start_us;  /* clock.start */
    int64_t limit_us;  /* clock.limit: the run ends at the latest then */
    int64_t settle_us; /* how long the run goes on after every recipient has its end */
    int64_t skew_us;   /* of the server's own clock, by libfaketime */
    double drift;      /* 1.0 = none */

    struct dns_model *dns;
    struct mx_model *mx;
    struct policy_model *policy;
    struct mta_settings *mta;
    struct check_list *checks;
    const struct scenario_message *messages;
    size_t message_count;
    struct client_list *clients;
    const struct scenario_event *timeline; /* ordered by time */
    size_t event_count;

    const struct scenario_rule *rules;
    size_t rule_count;
    const struct scenario_finding *findings;
    size_t finding_count;
    const char *const *host_names; /* of all simulated hosts that the scenario names */
    size_t host_count;
    bool smart_host; /* the server under test hands everything to a relay */

    const char *cell; /* of the matrix: "identity=expired, mode=enforce"; "" without one */
    const struct spec_variable *variables; /* the cell's values */
    size_t variable_count;
    struct arena arena;
    struct spec_document *document;
};
