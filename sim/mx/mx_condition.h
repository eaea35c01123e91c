/*
 * Conditions: what stands under `when` of a rule. Each kind is one row of a table (its word, the
 * stages at which it can be judged, how it is read, how it is judged, what it counts); all of a
 * rule's conditions must hold. To add a kind, write its functions and add the row in
 * mx_condition.c.
 */
#pragma once

#include "mta-under-test/base/rng.h"
#include "sim/mx/mx_key.h"
#include "sim/mx/mx_state.h"
#include "sim/provider/provider.h"
#include "sim/value/parameters.h"
#include "sim/value/range.h"

struct mx_rule_reader;

/* What counters count. */
#define MX_COUNTS(X)                            \
    X(CONNECTIONS, "connections")               \
    X(MESSAGES, "messages")                     \
    X(RECIPIENTS, "recipients")                 \
    X(BYTES, "bytes")                           \
    X(ERRORS, "errors")                         \
    X(UNKNOWN_RECIPIENTS, "unknown-recipients") \
    X(COMMANDS, "commands")                     \
    X(ACCEPTED, "accepted")

enum mx_count {
#define X(name, word) MX_COUNT_##name,
    MX_COUNTS(X)
#undef X
        MX_COUNT_COUNT,
};

/* What happens in a session and may be counted. */
enum mx_happening_kind {
    MX_HAPPENS_STAGE,  /* a stage begins: before any rule is asked */
    MX_HAPPENS_OPEN,   /* a connection was opened */
    MX_HAPPENS_CLOSE,  /* and closed */
    MX_HAPPENS_TRIED,  /* something countable is about to be judged */
    MX_HAPPENS_PASSED, /* and was let through */
};

struct mx_happening {
    enum mx_happening_kind kind;
    enum mx_stage stage; /* of MX_HAPPENS_STAGE */
    unsigned also;       /* and stages that begin with it, MX_STAGE_BIT()s */
    enum mx_count count; /* of MX_HAPPENS_TRIED and MX_HAPPENS_PASSED */
    int64_t amount;
};

/* One rule being asked. */
/* What a counting condition found when it was judged, for the log: how near to its limit the client
 * was. */
struct mx_gauge {
    const char *counts; /* what is counted; NULL: nothing was */
    int64_t value;      /* with what is at hand */
    int64_t limit;      /* more than this, and the condition holds */
    int64_t window_us;  /* 0: open at this moment */
};

struct mx_question {
    enum mx_stage stage;
    const struct mx_facts *facts;
    struct mx_state *state;
    struct rng *rng;       /* the rule's own */
    struct buf *key;       /* scratch */
    int64_t remaining_us;  /* out: until the condition would no longer hold; -1 = unknown */
    int64_t attempt;       /* out: which attempt it is; 0 = not counted */
    struct mx_gauge gauge; /* out: of the last counting condition */
};

struct mx_condition;

struct mx_condition_kind {
    const char *word;
    unsigned stages;
    int (*read)(struct mx_rule_reader *reader, struct spec spec, struct mx_condition *condition,
                struct err *err);
    bool (*holds)(const struct mx_condition *condition, struct mx_question *question);
    /* NULL if it counts nothing. */
    void (*note)(const struct mx_condition *condition, struct mx_question *question,
                 const struct mx_happening *happening);
};

struct mx_header_match {
    const char *name;
    struct pattern *pattern;
};

/* Attempts and ages: a record for each key, made when the stage begins. */
struct mx_track {
    struct mx_key key; /* parts 0: the default of the stage */
    struct range range;
};

struct mx_rate_limit {
    enum mx_count of;
    struct mx_key key;
    struct rate over;
    bool refused_too; /* counts what was refused as well */
};

struct mx_crowd {
    struct mx_key key;
    int64_t over;
};

struct mx_greylist {
    struct mx_key key;
    int64_t delay_us;
    int64_t window_us; /* the first retry must come within it */
    int64_t keep_us;   /* a triplet that was let through is remembered so long after its last use */
    struct mx_key allow_key;
    int64_t allow_after;    /* so many passed messages allow the client altogether; 0 = never */
    int64_t allow_every_us; /* of which at most one in this time counts */
    int64_t allow_us;       /* and for so long after the last use */
};

/* Days, as UTC has them. */
struct mx_day_range {
    int64_t from; /* days since 1970, both included */
    int64_t to;
};

struct mx_calendar {
    unsigned weekdays; /* bits: 1 << 0 is Monday */
    struct mx_day_range *ranges;
    size_t range_count;
};

struct mx_condition {
    const struct mx_condition_kind *kind;
    unsigned slot; /* its number in the state */
    struct spec spec;
    union {
        struct pattern *pattern;
        struct {
            struct mx_header_match *list;
            size_t count;
        } headers;
        struct parameters parameters;
        struct {
            struct prefix *list;
            size_t count;
        } sources;
        struct {
            bool wanted;
            struct pattern *version;
        } tls;
        struct range range;
        struct window window;
        struct mx_calendar calendar;
        struct {
            enum provider_key_kind of; /* PROVIDER_KEY_COUNT = all together */
            struct range is;
        } reputation;
        uint32_t millionths;
        bool flag;
        struct mx_track track;
        struct mx_rate_limit rate;
        struct mx_crowd crowd;
        struct mx_greylist greylist;
    };
};

/* All kinds, in the order in which a rule's conditions are judged: what costs or draws comes last.
 * Ends with a row without a word. */
extern const struct mx_condition_kind MX_CONDITION_KINDS[];

/* Releases what the arena does not hold (regular expressions). */
void mx_condition_release(struct mx_condition *condition);

/* It asks for the result of SPF, DKIM and the like: the host must have checked. */
bool mx_condition_needs_auth(const struct mx_condition *condition);
/* And for the SOA record of the sender's domain. */
bool mx_condition_needs_soa(const struct mx_condition *condition);

/* It is a pattern and nothing else (condition->pattern). */
bool mx_condition_has_pattern(const struct mx_condition *condition);
/* It counts attempts, whatever it asks about them. */
bool mx_condition_counts_attempts(const struct mx_condition *condition);
/* It asks for a client that has logged in; for one with TLS (of condition->tls.version, if any). */
bool mx_condition_needs_login(const struct mx_condition *condition);
bool mx_condition_needs_tls(const struct mx_condition *condition);
/* It asks for a reputation: the host must have a provider that judges. */
bool mx_condition_needs_judge(const struct mx_condition *condition);

/* The key that a rule's counting condition goes by, for effects that last; parts 0 if it has none.
 */
struct mx_key mx_condition_key(const struct mx_condition *condition);

/* The record of this condition for the key of the question's facts, in question->key. */
struct slice mx_question_key(struct mx_question *question, const struct mx_key *key);
