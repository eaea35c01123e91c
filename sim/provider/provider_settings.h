/*
 * A deliverability model as data: how a mailbox provider comes to trust a sender, and what it then
 * does with the mail. docs/deliverability-model.md tells every number, with its source or as an
 * assumption; the models that are shipped lie in fixtures/deliverability/.
 *
 * A score goes from 0 (never again) to 100 (never a bad word); inside it is in thousandths.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/value/pattern.h"
#include "sim/value/range.h"

#define PROVIDER_SCORE_UNIT INT64_C(1000)
#define PROVIDER_SCORE_MAX (100 * PROVIDER_SCORE_UNIT)

/* What has a reputation. */
#define PROVIDER_KEYS(X) \
    X(IP, "ip")          \
    X(PREFIX, "prefix")  \
    X(DKIM, "dkim")      \
    X(SPF, "spf")

enum provider_key_kind {
#define X(name, word) PROVIDER_KEY_##name,
    PROVIDER_KEYS(X)
#undef X
        PROVIDER_KEY_COUNT,
};

extern const char *const PROVIDER_KEY_WORDS[]; /* NULL-terminated, in the order of the enum */

/* What a rule can demand of a message. */
#define PROVIDER_NEEDS(X)                                                                    \
    X(SPF, "spf")   /* SPF passes */                                                         \
    X(DKIM, "dkim") /* a signature passes */                                                 \
    X(SPF_OR_DKIM, "spf-or-dkim")                                                            \
    X(DMARC_RECORD, "dmarc-record")    /* the author's domain has one, p=none is enough */   \
    X(DMARC, "dmarc")                  /* and it passes */                                   \
    X(ALIGNMENT, "alignment")          /* SPF or DKIM passes for the author's domain */      \
    X(FCRDNS, "fcrdns")                /* the address has a name that has the address */     \
    X(TLS, "tls")                      /* the session is encrypted */                        \
    X(ONE_CLICK, "one-click")          /* RFC 8058 */                                        \
    X(UNSUBSCRIBE, "list-unsubscribe") /* any List-Unsubscribe (RFC 2369) */                 \
    X(FORMAT, "format")                /* one From, one Date, a Message-ID (RFC 5322 3.6) */ \
    X(COMPLAINTS, "complaint-rate")    /* of the author's domain, below "below" */

enum provider_need {
#define X(name, word) PROVIDER_NEED_##name,
    PROVIDER_NEEDS(X)
#undef X
        PROVIDER_NEED_COUNT,
};

extern const char *const PROVIDER_NEED_WORDS[];

#define PROVIDER_PLACEMENTS(X) \
    X(INBOX, "inbox")          \
    X(JUNK, "junk")            \
    X(DEFERRED, "deferred")    \
    X(REJECTED, "rejected")

enum provider_placement {
#define X(name, word) PROVIDER_##name,
    PROVIDER_PLACEMENTS(X)
#undef X
        PROVIDER_PLACEMENT_COUNT,
};

extern const char *const PROVIDER_PLACEMENT_WORDS[];

struct provider_rule {
    const char *name;
    enum provider_need need;
    bool bulk_only;
    int64_t below; /* of complaint-rate, millionths */
    enum provider_placement then;
    const char *reply; /* "550 5.7.26 ..."; NULL where `then` is junk */
};

/* Readers whose mailbox matches, the first that does. Chances are millionths of each message. */
struct provider_reader {
    struct pattern *to; /* NULL = all */
    uint32_t complain;
    uint32_t unsubscribe;
    uint32_t complain_if_ignored; /* of each message after an unsubscription was due */
    int64_t within_us;            /* they read within this time */
};

/* Complaints about mail of whom go where (RFC 5965). */
struct provider_feedback {
    enum provider_key_kind kind;
    struct pattern *of; /* of the key; NULL = all */
    const char *to;
    struct spec spec;
};

struct provider_blocklist {
    const char *name;
    const char *zone; /* of the scenario's "policy" that shows who is listed, or NULL */
    struct spec zone_spec;
    struct pattern *traps;
    int64_t hits;   /* so many list the address */
    int64_t for_us; /* since the last hit */
    enum provider_placement then;
    const char *reply;
};

/* What a share of bad events costs: nothing up to `free`, all of `cost` from `worst` on, in between
 * in proportion. */
struct provider_slope {
    int64_t free;  /* millionths */
    int64_t worst; /* millionths */
    int64_t cost;  /* of the score */
};

struct provider_settings {
    /* reputation */
    int64_t weights[PROVIDER_KEY_COUNT];
    int64_t start; /* the score of who is not known */
    int64_t clean; /* what a week without complaint leads to */
    uint32_t rise; /* of the way to where the week points, each day */
    uint32_t fall; /* likewise, downward */
    struct provider_slope complaints;
    struct provider_slope unknown_users;

    /* placement: the least score */
    int64_t inbox_from;
    int64_t junk_from;
    int64_t deferred_from;

    /* warm-up: messages a day */
    bool warm_up[PROVIDER_KEY_COUNT];
    int64_t allowance_start;
    int64_t allowance_growth; /* in hundredths, of the busiest day that is remembered */
    int64_t memory_days;
    int64_t patience; /* attempts over the allowance, in multiples of it; then the key is blocked */
    int64_t block_us;

    /* bulk senders */
    int64_t bulk_over; /* messages of an author's domain in a day; 0 = nobody is one */
    bool bulk_for_ever;
    bool bulk_by_organisation; /* all domains of one organisation are one sender */
    int64_t unsubscribe_due_us;

    struct provider_rule *rules;
    size_t rule_count;
    struct provider_reader *readers;
    size_t reader_count;
    struct provider_feedback *feedback;
    size_t feedback_count;
    struct provider_blocklist *blocklists;
    size_t blocklist_count;

    const char *over_allowance; /* replies */
    const char *deferred;
    const char *rejected;
    const char *blocked;
};

void provider_settings_set_defaults(struct provider_settings *settings);
/* Reads what the object has over what is there: a file's model first, then the scenario's own
 * words. Texts are borrowed from the document or live in `arena`. */
int provider_settings_read(struct spec spec, struct arena *arena,
                           struct provider_settings *settings, struct err *err) MUST_CHECK;
/* Releases what the arena does not hold. */
void provider_settings_release(struct provider_settings *settings);
/* In words, for `explain`. */
void provider_settings_explain(const struct provider_settings *settings, struct buf *out);
