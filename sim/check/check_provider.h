/*
 * What a mailbox provider of the scenario made of the mail (events of the source "provider"), and
 * what an expectation asks of it:
 *
 *     {"provider": "bigmail", "placement": {"inbox": ">=98%", "deferred": "..5%"}, "score": "70..",
 *      "complaints": "<=0.1%", "reason": "over-allowance", "listed": 0, "during": "7d..14d"}
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/buf.h"
#include "sim/value/pattern.h"
#include "sim/value/range.h"

#define CHECK_PLACEMENTS(X) \
    X(INBOX, "inbox")       \
    X(JUNK, "junk")         \
    X(DEFERRED, "deferred") \
    X(REJECTED, "rejected")

enum check_placement {
#define X(name, word) CHECK_PLACED_##name,
    CHECK_PLACEMENTS(X)
#undef X
        CHECK_PLACEMENT_COUNT,
};

extern const char *const CHECK_PLACEMENT_WORDS[]; /* NULL-terminated, in the order of the enum */

/* One verdict, complaint or listing. */
struct check_provider_event {
    int64_t at_us;
    int64_t seq;
    const char *provider;
    const char *session;
    const char *reason; /* of a verdict */
    int64_t score;      /* of a verdict */
    enum check_placement placement;
    enum check_provider_kind { CHECK_VERDICT, CHECK_COMPLAINT, CHECK_LISTED } kind;
};

struct check_provider_wanted {
    struct pattern *name;
    struct pattern *reason;
    struct range reasons;                          /* how many verdicts have such a reason */
    struct range placement[CHECK_PLACEMENT_COUNT]; /* shares of the verdicts, millionths */
    struct range score;                            /* of the last verdict */
    struct range complaints;                       /* share of what came into inboxes */
    struct range listed;                           /* how often an address was listed */
};

struct check_collector;

void check_provider_wanted_init(struct check_provider_wanted *wanted);
/* Reads the keys of the expectation but "provider", "during" and the common ones. */
int check_provider_wanted_read(struct spec spec, struct arena *arena,
                               struct check_provider_wanted *wanted, struct err *err) MUST_CHECK;
void check_provider_wanted_release(struct check_provider_wanted *wanted);
/* In words. */
void check_provider_wanted_write(const struct check_provider_wanted *wanted, struct buf *out,
                                 struct arena *arena);
/* An event of the source "provider". */
void check_provider_on_event(struct check_collector *c, const cJSON *event);
