/*
 * What a report knows of one run: the verdict with its checks, and from the event log the messages
 * with their attempts, the sessions, the DNS queries and the curves. Filled by report_run_load(),
 * read by the writers, all texts in the run's arena (those of a session in the session's own).
 *
 * A large campaign is bounded: of sessions only some keep their steps, of queries only the first
 * are kept; counts are always whole.
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/base/map.h"

enum {
    REPORT_SESSIONS_KEPT = 60,    /* with their steps: the first, and in any case those below */
    REPORT_SESSIONS_SPECIAL = 60, /* more, which a check names or where TLS or the client failed */
    REPORT_STEPS_MAX = 400,       /* of one session */
    REPORT_QUERIES_KEPT = 400,
    REPORT_FINDINGS_MAX = 200,
    REPORT_MOMENTS_MAX = 40,
    REPORT_REQUESTS_MAX = 200,
    REPORT_PROVIDERS_MAX = 8,
    REPORT_REPUTATIONS_MAX = 8, /* keys of a provider */
    REPORT_SLICES_MAX = 60000,  /* a year and more */
    REPORT_GAUGES_MAX = 40,
    REPORT_READINGS_MAX = 100000,            /* of one gauge */
    REPORT_AUTH_MAX = 200,                   /* rows of the authentication table */
    REPORT_TEXT_MAX = 1000,                  /* bytes of a peer's text that are kept */
    REPORT_WORDS_MAX = REPORT_TEXT_MAX + 32, /* put together from such a text */
};

enum report_verdict {
    REPORT_PASSED,
    REPORT_FAILED,
    REPORT_WARNED,         /* a check of level "should" */
    REPORT_NOTED,          /* a check of level "info" that did not hold: worth knowing, no more */
    REPORT_NOT_APPLICABLE, /* the server under test has no such thing */
    REPORT_ERROR,          /* could not be run */
};

/* An expectation or an invariant, judged. */
struct report_check {
    const char *kind; /* "expectation" or "invariant" */
    const char *text; /* in words */
    const char *level;
    const char *place; /* JSON path in the scenario; "" for an invariant */
    const char *expected;
    const char *actual;
    const char *session;
    const char *message;
    const char *recipient;
    const char *reference; /* RFC section; "" if none */
    enum report_verdict verdict;
    int64_t at_us; /* -1 = no single moment */
    int64_t seq;   /* of the event that decided; -1 = none */
    uint64_t packet;
    int64_t within_us; /* the window that a delivery must meet; -1 = none */
    size_t judged;     /* things that were judged, and those of them that did not fit */
    size_t misfits;
};

/* Something noticed: a broken protocol rule, a rule that never fired, mail that nobody asked for.
 */
struct report_finding {
    const char *level; /* must, should, info */
    const char *what;
    const char *text;
    const char *rfc;
    const char *session; /* of the first one */
    int64_t at_us;       /* -1 = no single moment */
    int64_t seq;         /* of the event; -1 = none */
    uint64_t packet;
    size_t count;
};

enum report_outcome {
    REPORT_ACCEPTED, /* the host took the message */
    REPORT_LOST,     /* it did, but its final reply was lost on purpose */
    REPORT_DEFERRED, /* 4xx */
    REPORT_REJECTED, /* 5xx */
    REPORT_BROKEN,   /* the connection or TLS failed */
    REPORT_LOGGED,   /* only the server's own log tells of it */
    REPORT_DELAYED,  /* a warning was sent to the sender */
    REPORT_BOUNCED,  /* a bounce was sent to the sender */
    REPORT_OUTCOME_COUNT,
};

/* A campaign has many millions: as small as it can be. */
struct report_attempt {
    int64_t at_us;
    const char *text;
    uint32_t session; /* index + 1; 0 = none, of REPORT_LOGGED */
    int16_t code;
    uint8_t outcome; /* enum report_outcome */
};

enum report_end {
    REPORT_QUEUED,
    REPORT_DELIVERED,
    REPORT_RETURNED,
    REPORT_REFUSED,
    REPORT_DELETED, /* by an operator */
};

/* One message for one recipient. */
struct report_delivery {
    uint32_t message; /* index */
    uint32_t copies;  /* how often it was accepted by a host */
    const char *recipient;
    int64_t accepted_us; /* -1 = the server under test never took it */
    int64_t end_us;      /* -1 = still queued */
    enum report_end end;
    uint32_t attempt_count;
    struct report_attempt *attempts;
    int64_t within_us; /* from a check; -1 = none */
};

struct report_message {
    const char *id;
    const char *from;
    const char *refusal; /* "" if none */
};

enum report_step_kind {
    REPORT_STEP_CONNECT,
    REPORT_STEP_REPLY,
    REPORT_STEP_COMMAND,
    REPORT_STEP_TLS,
    REPORT_STEP_RULE,
    REPORT_STEP_DATA,
    REPORT_STEP_ACCEPTED,
    REPORT_STEP_VIOLATION,
    REPORT_STEP_DISCONNECT,
    REPORT_STEP_END, /* of a client's dialogue */
};

struct report_step {
    enum report_step_kind kind;
    bool encrypted;
    int code;
    int64_t at_us;
    int64_t seq;    /* of the event */
    int64_t number; /* bytes of data; 1 = good for TLS; how often a client said it */
    uint64_t packet;
    const char *text;
    const char *note; /* the rule, the stage, the RFC */
};

struct report_query {
    int64_t seq;
    int64_t at_us;
    int64_t delay_us;
    uint64_t packet;
    const char *name;
    const char *type;
    const char *transport;
    const char *client;
    const char *rcode; /* "" = no answer was sent */
    const char *data;
    const char *fault;
    int64_t answers;
    bool truncated;
    bool authenticated;
    bool at_zone;   /* asked of a zone's own server, by a resolver that is not the simulator's */
    size_t session; /* index + 1 of the session it led to; 0 = none */
};

/* A request to an HTTPS policy host. */
struct report_request {
    int64_t at_us;
    const char *host;
    const char *path;
    const char *error; /* "" if there was an answer */
    const char *mode;  /* of the MTA-STS policy that was sent; "" if none was */
    int64_t max_age_s; /* of it; -1 = not told */
    int status;
};

struct report_session {
    const char *id;
    const char *host;
    const char *client;
    const char *server;
    const char *client_name;
    int port;
    int64_t start_us;
    int64_t end_us; /* -1 = never closed */
    int64_t accepted;
    const char *ended_by;
    bool quit;
    bool refused; /* no session: the connection was reset at once */
    bool special; /* rather keeps its steps than others */
    enum report_outcome outcome;
    int last_code;
    const char *last_text;
    /* TLS, where it was tried */
    bool tls_tried;
    bool tls_ok;
    bool tls_resumed;
    bool tls_verified;
    const char *tls_version;
    const char *tls_cipher;
    const char *tls_sni;
    const char *tls_identity;
    const char *tls_error;
    int64_t log_at; /* where it begins in the event log */
    size_t ended;   /* its number among those that ended, from 1; 0 = it never did */
    /* Steps; NULL where they were not kept. */
    bool kept;
    struct report_step *steps;
    size_t step_count;
    size_t steps_left_out;
    size_t stream; /* TCP stream in the capture + 1; 0 = not found */
    struct arena arena;
};

/* A sentence of the chain of facts behind a result, as deep as it stands in the tree. */
struct report_fact {
    size_t depth;
    const char *text;
};

enum report_auth_kind {
    REPORT_AUTH_SPF,
    REPORT_AUTH_DKIM,
    REPORT_AUTH_DMARC,
    REPORT_AUTH_ARC,
    REPORT_AUTH_IPREV,
    REPORT_AUTH_METHODS,
};

struct report_auth_method {
    const char *result; /* RFC 8601 2.7; "" = not checked */
    const char *reason;
    bool aligned; /* SPF and DKIM: with the author's domain */
    struct report_fact *facts;
    size_t fact_count;
};

/* What one host found out about one message. */
struct report_auth {
    int64_t at_us;  /* the first time */
    size_t session; /* index */
    const char *message;
    const char *from; /* the reverse-path */
    const char *author_domain;
    const char *policy; /* of DMARC, published; "" without a record */
    const char *placement;
    enum report_outcome outcome;
    size_t times; /* the same message with the same results and end */
    struct report_auth_method methods[REPORT_AUTH_METHODS];
};

/* What the scenario's timeline did, or what became of the server under test: marked in the charts.
 */
struct report_moment {
    int64_t at_us;
    const char *text;
};

/* A change of a curve: +1 or -1 at a time. */
struct report_change {
    int64_t at_us;
    int32_t by;
};

struct report_curve {
    struct report_change *changes;
    size_t count;
};

enum report_placement {
    REPORT_PLACED_INBOX,
    REPORT_PLACED_JUNK,
    REPORT_PLACED_DEFERRED,
    REPORT_PLACED_REJECTED,
    REPORT_PLACEMENTS,
};

#define REPORT_SLICE_US (INT64_C(600) * 1000000)

/* Recipients by placement. */
struct report_placed {
    size_t counts[REPORT_PLACEMENTS];
};

/* How a key (an address, a domain) stood with a provider at the end of a day. */
struct report_day {
    int64_t at_us;
    int64_t score;     /* 0 to 100 */
    int64_t allowance; /* -1: none */
    int64_t accepted;
    int64_t complaints;
};

struct report_reputation {
    const char *of; /* ip, prefix, dkim, spf */
    const char *key;
    struct report_day *days;
    size_t count;
};

/* A mailbox provider that judged. */
struct report_provider {
    const char *name;
    struct report_placed *slices; /* of REPORT_SLICE_US each, from the start of the run */
    size_t slice_count;
    struct report_placed totals;
    struct report_reputation reputations[REPORT_REPUTATIONS_MAX];
    size_t reputation_count;
    size_t complaints;
    size_t unsubscribes;
};

/* How near to a rule's limit a client came, at each time at which the rule was judged. */
struct report_gauge {
    const char *host;
    const char *rule;
    const char *counts;
    int64_t limit;
    int64_t window_us; /* 0 = open at the moment */
    int64_t peak;
    struct report_reading {
        int64_t at_us;
        int64_t value;
    } * readings;
    size_t count;
    size_t seen;
};

struct report_run {
    /* what was run */
    const char *folder;
    const char *name;
    const char *about;
    const char *file;
    const char *cell;
    const char *mta;
    const char *hostname;
    const char *clock;
    const char *const *tags;
    size_t tag_count;
    const char *const *references;
    size_t reference_count;
    int64_t seed;
    int64_t started_us;
    int64_t end_us;
    const char *end_reason;
    const char *end_detail;
    bool wall_given;
    int64_t wall_us;
    /* how it ended */
    enum report_verdict verdict;
    const char *problem; /* why it could not be run; "" if it could */
    const char *waiting; /* the server's own list of its queue at the end; "" if it has none */
    char *results;       /* results.json on one line; NULL if there is none */
    struct report_check *checks;
    size_t check_count;
    struct report_finding *findings;
    size_t finding_count;
    /* what happened */
    struct report_message *messages;
    size_t message_count;
    struct report_delivery *deliveries;
    size_t delivery_count;
    struct report_session *sessions;
    size_t session_count;
    struct report_session *clients; /* the scenario's; their host is the server under test */
    size_t client_count;
    size_t client_special_count;
    struct report_query *queries;
    size_t query_count;
    size_t queries_seen;
    struct report_request *requests; /* to policy hosts */
    size_t request_count;
    struct report_provider *providers;
    size_t provider_count;
    struct report_gauge *gauges;
    size_t gauge_count;
    struct report_auth *auth;
    size_t auth_count;
    size_t auth_seen;
    struct report_moment *moments;
    size_t moment_count;
    struct report_curve queue;       /* recipients that the server answers for */
    struct report_curve connections; /* open SMTP sessions at the simulated hosts */
    size_t attempts_seen;
    size_t accepted_seen; /* messages accepted by hosts */
    uint64_t packet_count;
    bool has_capture;
    uint64_t *packet_notes; /* packet number by seq */
    size_t packet_note_count;
    struct arena arena;
};

/* Room for one more element in an array that doubles when its count is a power of two. */
static inline void *report_room(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    return mem_grow(array, count == 0 ? 1 : count * 2, size);
}

/* To which it went; "" of REPORT_LOGGED. */
const char *report_attempt_host(const struct report_run *run, const struct report_attempt *attempt);
/* The packet that was the last one at the event of this number; 0 = not known. */
uint64_t report_run_packet(const struct report_run *run, int64_t seq);
/* How many of the checks, expectations and invariants, have this verdict. */
size_t report_run_count(const struct report_run *run, enum report_verdict verdict);
/* How many of them count: all but those that are only noted. */
size_t report_run_judged(const struct report_run *run);
