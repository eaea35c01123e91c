/*
 * What happened in a run, put together from its event log: each message for each recipient with its
 * attempts, each host with what came to it, and all else that expectations and invariants look at.
 *
 * An attempt is told by the receiving side. Which recipient a rejected RCPT was for is plain; which
 * of several messages to the same recipient it was, only an acceptance tells: until then the
 * message counts whose turn it was, the one that was tried longest ago. A session that ended before
 * the envelope was told (a host that refuses connections) counts for every message that then waited
 * for one of its recipients at that host.
 *
 * Attempts that follow each other within CHECK_ROUND_GAP_US make one round: the next address of the
 * same host, the next MX, clear text after broken TLS are one attempt in the sense of RFC 5321
 * section 5.1, not retries.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/base/map.h"
#include "sim/check/check_index.h"
#include "sim/check/check_list.h"

#define CHECK_ROUND_GAP_US (10 * TIME_SECOND)

enum check_outcome {
    CHECK_ATTEMPT_DELIVERED,
    CHECK_ATTEMPT_DEFERRED, /* a 4xx reply */
    CHECK_ATTEMPT_REJECTED, /* a 5xx reply */
    CHECK_ATTEMPT_BROKEN,   /* no reply: the connection or TLS failed */
};

extern const char *const CHECK_OUTCOME_WORDS[]; /* in the order of the enum */

struct check_attempt {
    int64_t at_us;  /* when it began */
    int64_t end_us; /* when it was decided */
    const char *host;
    const char *server; /* its address */
    const char *session;
    const char *stage;
    const char *text;
    int code; /* 0 = none */
    enum check_outcome outcome;
    bool first_of_round;
    bool shared; /* counted for several messages: which one it was for, nobody has told */
    int64_t seq; /* of the event that decided it */
};

/* One acceptance by a simulated host. */
struct check_copy {
    int64_t at_us;
    int64_t seq;
    const char *host;
    const char *session;
    const char *tls; /* version, "" = clear text */
    const char *cipher;
    const char *identity;
    const struct check_auth *auth;
    const char *placement;
    const char *transfer;        /* data or bdat */
    const char *mail_parameters; /* as they came: "SIZE=120 SMTPUTF8" */
    const char *rcpt_parameters;
    bool reply_sent; /* false: the final reply was lost on purpose */
};

/* A delivery status notification about a recipient. */
struct check_notice {
    int64_t at_us;
    int64_t seq;
    const char *session;
    const char *status;
    const char *diagnostic;
    const char *remote_mta;
    const char *reporting_mta;
    bool failed; /* action "failed"; else "delayed" */
};

struct check_delivery {
    const char *message;
    const char *from;
    const char *to;
    int64_t submitted_us;
    int64_t accepted_us; /* -1 = the server under test never took it */
    int64_t submit_seq;
    int64_t deleted_us; /* by an operator; -1 = not */
    int refusal_code;   /* of the submission */
    bool refused;
    bool by_client;  /* not one of "messages": one of "clients" handed it in */
    bool sent_again; /* handed in twice, since the reply to the first time never came */
    const char *refusal;
    struct check_attempt *attempts;
    struct check_copy *copies;
    struct check_notice *notices;
    uint32_t attempt_count;
    uint32_t round_count;
    uint32_t copy_count;
    uint32_t notice_count;
    uint32_t warning_count;
    struct check_delivery *next_same; /* the next one with the same recipient */
    struct check_delivery *last_same; /* of the first of them: the last one */
    struct check_index_link links[CHECK_INDEX_COUNT];
};

enum check_end check_delivery_end(const struct check_delivery *delivery);
/* When it came to that end; -1 for CHECK_QUEUED. */
int64_t check_delivery_end_us(const struct check_delivery *delivery);
const struct check_notice *check_delivery_bounce(const struct check_delivery *delivery);
/* Neither delivered, nor returned, nor refused, nor deleted. */
bool check_delivery_is_waiting(const struct check_delivery *delivery);

/* A moment at which something countable happened. */
struct check_moment {
    int64_t at_us;
    int64_t seq;
    const char *session;
};

struct check_moments {
    struct check_moment *items;
    size_t count;
};

struct check_host {
    const char *name;
    struct check_moments counts[CHECK_COUNT_COUNT];
    struct check_moments closed; /* connections that ended */
};

struct check_rule {
    const char *host;
    const char *name;
    struct check_moments fired;
};

struct check_query {
    const char *name;
    const char *type;
    bool nowhere; /* there is no such name */
    struct check_moment moment;
};

struct check_log_line {
    const char *text;
    const char *status;
    const char *recipient;
    struct check_moment moment;
};

/* Something wrong that the log tells by itself, or that putting it together showed. */
struct check_incident {
    const char *what;
    const char *text;
    const char *rfc;
    const char *level;
    const char *message;
    const char *recipient;
    const char *host; /* which took the mail that nobody asked for */
    struct check_moment moment;
};

/* The network of the server under test was away; `to_us` is INT64_MAX until it is back. */
struct check_outage {
    int64_t from_us;
    int64_t to_us;
};

struct check_incidents {
    struct check_incident *items;
    size_t count;
};

struct check_history {
    struct check_provider_event *provider_events; /* of all providers, in order */
    size_t provider_event_count;
    const char *mta;
    const char *hostname;
    const char *clock;
    const char *started;
    int64_t seed;
    bool ready; /* the server under test once was */
    const char *reason;
    const char *detail;
    int64_t end_us;
    int64_t end_seq;
    size_t event_count;
    bool queue_is_empty; /* as the server has listed it at the end */
    bool
        notice_failed; /* a host did not take a notification: with that a recipient's end is lost */

    struct check_delivery **deliveries;
    size_t delivery_count;
    struct check_index index; /* of the deliveries, by their messages */
    size_t submitted_count;   /* messages */
    struct check_host **hosts;
    size_t host_count;
    struct check_rule **rules;
    size_t rule_count;
    struct check_query *queries;
    size_t query_count;
    struct check_log_line *log;
    size_t log_count;

    struct check_incidents protocol;    /* `violation` events */
    struct check_incidents wrong_hosts; /* mail to a host outside the recipient's MX set */
    struct check_incidents wrong_bounces;
    struct check_incidents in_clear; /* mail in clear where a policy that was read forbids it */
    struct check_incidents crashes;
    struct check_incidents answers; /* to clients of the scenario, that it did not expect */
    struct check_incidents orders;  /* of the operator, that came to nothing */
    struct check_incidents unasked; /* mail that no message of the scenario explains */
    struct check_moments kills;     /* of the server under test, on purpose */
    struct check_outage *outages;   /* of its network */
    size_t outage_count;

    struct check_moments *fits; /* events that fit the expectation of that number; fit_count */
    size_t fit_count;

    struct arena arena;
};

struct check_list;

struct check_history_options {
    bool smart_host;       /* all mail goes to a relay, so that MX sets say nothing */
    bool handed_in_unseen; /* the scenario sends nothing: mail comes from a command of `exec`, and
                              is first heard of when a host is asked to take it */
    const struct check_list *checks; /* whose expectations of events are looked for */
};

/* A log that is being read: at once, or bit by bit while its run goes on. */
struct check_reading;

/* NULL if it cannot be opened. Borrows the checks. */
struct check_reading *check_reading_open(const char *events_path,
                                         const struct check_history_options *options,
                                         struct err *err) MUST_CHECK;
/* For good, without its history; sets NULL, accepts NULL. */
void check_reading_close(struct check_reading **reading);
/* Takes what has been written so far, `events_max` at most. 1 if there may be more, 0 if that was
 * all; -1 with file and line: then it can only be closed. */
int check_reading_follow(struct check_reading *reading, size_t events_max,
                         struct err *err) MUST_CHECK;
/* Takes the rest of a log that has its end, and closes. -1 with file and line. */
int check_reading_finish(struct check_reading **reading, struct check_history **history,
                         struct err *err) MUST_CHECK;
void check_history_free(struct check_history **history);
