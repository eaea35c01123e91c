/*
 * Expectations of a scenario, the array "expect", read once:
 *
 *     { "to": "bob@bigmail.test", "is": "delivered", "within": "2h", "attempts": "2..6" }
 *     { "host": "mx1.bigmail.test", "rate": "<=100/1m", "level": "should" }
 *     { "host": "mx1.bigmail.test", "rule": "too fast", "fired": "1.." }
 *     { "query": "bigmail.test", "type": "MX", "count": "2.." }
 *     { "log": "*timed out*", "count": "1.." }
 *     { "event": "policy request", "with": { "status": 200 }, "count": "1.." }
 *     { "ends": "settled", "within": "6d" }
 *
 * What an expectation is about follows from its keys: a host, a DNS query, a line of the server's
 * log, any event, the end of the run, or else deliveries (a message for one recipient each).
 * docs/scenario-language.md has all keys.
 */
#pragma once

#include "sim/check/check_auth.h"
#include "sim/check/check_event.h"
#include "sim/check/check_provider.h"
#include "sim/value/parameters.h"
#include "sim/value/range.h"

enum check_level { CHECK_MUST, CHECK_SHOULD, CHECK_INFO };

extern const char *const CHECK_LEVEL_WORDS[]; /* NULL-terminated, in the order of the enum */

enum check_subject {
    CHECK_OF_DELIVERIES,
    CHECK_OF_HOST,
    CHECK_OF_QUERIES,
    CHECK_OF_LOG,
    CHECK_OF_EVENTS,
    CHECK_OF_END,
    CHECK_OF_PROVIDER,
};

/* How a message for one recipient ends. */
enum check_end {
    CHECK_QUEUED,    /* still in the queue when the run ended */
    CHECK_DELIVERED, /* a simulated host accepted it */
    CHECK_BOUNCED,   /* it came back with a notification of failure */
    CHECK_REFUSED,   /* the server under test did not take it */
    CHECK_DISCARDED, /* refused for good, and its reverse-path is null: nobody is to be told */
    CHECK_DELETED,   /* an operator had it deleted, and it never had another end */
    CHECK_END_COUNT,
};

extern const char *const CHECK_END_WORDS[]; /* NULL-terminated, in the order of the enum */

/* What is counted at a host. */
enum check_count {
    CHECK_CONNECTIONS,
    CHECK_MESSAGES,   /* transactions that the server under test began: MAIL commands */
    CHECK_RECIPIENTS, /* RCPT commands */
    CHECK_ACCEPTED,   /* messages that the host took */
    CHECK_COUNT_COUNT,
};

extern const char *const CHECK_COUNT_WORDS[]; /* NULL-terminated, in the order of the enum */

/* Conditions of a delivery. A pattern that is NULL, and a range that is RANGE_ALL, asks nothing. */
struct check_wanted {
    unsigned ends;            /* bits: 1 << enum check_end; 0 = any */
    int64_t within_us;        /* since it was handed in; INT64_MAX = any time */
    int64_t not_before_us;    /* likewise; 0 = any time */
    struct range attempts;    /* rounds: addresses tried right after each other are one attempt */
    struct range tries;       /* every single one */
    struct range copies;      /* how often hosts accepted it; by default see the invariants */
    struct range warnings;    /* notifications "delayed" */
    struct range spacing;     /* between an attempt and the next, in microseconds */
    struct pattern *after;    /* only behind attempts that were answered so ("421", "4*") */
    struct pattern *via;      /* the host that took it */
    struct pattern *reply;    /* of the last attempt, as "CODE text" */
    const char *const *hosts; /* tried in this order, repeats left out */
    size_t host_count;
    bool tls_asked;
    bool tls_wanted;          /* else clear text */
    struct range tls_version; /* 10 .. 13 */
    struct pattern *tls_cipher;
    struct pattern *tls_identity;
    struct pattern *auth[CHECK_AUTH_COUNT]; /* results at the receiver */
    struct pattern *placement;
    struct pattern *transfer;     /* data or bdat */
    struct parameters parameters; /* of MAIL and RCPT */
    struct pattern *dsn_status;
    struct pattern *dsn_diagnostic;
    struct pattern *dsn_remote_mta;
    struct pattern *dsn_reporting_mta;
};

struct check_expectation {
    enum check_subject subject;
    enum check_level level;
    const char *about; /* the scenario's own words, or NULL */
    struct spec spec;
    const char *place; /* "$.expect[0]" */

    /* deliveries: which ones, how many of them, and what must hold */
    struct pattern *message; /* NULL = all */
    struct pattern *from;
    struct pattern *to;
    bool share_given;
    struct range share; /* in millionths */
    struct check_wanted wanted;

    /* a host */
    struct pattern *host;
    struct pattern *rule;
    struct range fired;
    bool rate_given;
    struct rate rate; /* at most so many in each window of that length */
    enum check_count rate_of;
    struct range concurrency;
    bool count_given[CHECK_COUNT_COUNT];
    struct range count[CHECK_COUNT_COUNT];

    struct check_provider_wanted provider;

    /* queries, log lines: how many; the end of the run */
    struct pattern *query;
    struct pattern *type;
    struct pattern *log;
    struct pattern *status;
    struct pattern *ends;
    struct check_event_wish wish;
    struct range times;

    struct window during; /* only what happened then; the whole run by default */
};

struct check_list {
    struct check_expectation *items;
    size_t count;
};

/*
 * Reads the array "expect". `variables` are those of the cell at hand: an expectation whose "for"
 * does not fit it is left out. Lives in `arena`, but call check_list_release() before it goes. -1
 * with file, line and path; *list is then NULL.
 */
int check_list_parse(struct spec spec, const struct spec_variable *variables, size_t variable_count,
                     struct arena *arena, struct check_list **list, struct err *err) MUST_CHECK;
/* Whether any of them asks what a host found out about a sender. */
bool check_list_asks_auth(const struct check_list *list);
void check_list_release(struct check_list **list);

/* An expectation in words: "bob@bigmail.test is delivered within 2h after 2 to 6 attempts". */
const char *check_expectation_text(const struct check_expectation *expectation,
                                   struct arena *arena) MUST_CHECK;
/* Only what must hold, without what it is about: "delivered within 2h, 2 to 6 attempts". */
const char *check_wanted_text(const struct check_expectation *expectation,
                              struct arena *arena) MUST_CHECK;
