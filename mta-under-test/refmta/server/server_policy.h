/*
 * What is done with a message, by the rules of the configuration, the results of the checks, and
 * what is known of earlier messages: rules are looked at in their order. No I/O.
 */
#pragma once

#include "mta-under-test/refmta/check/check.h"
#include "mta-under-test/refmta/check/greylist.h"
#include "mta-under-test/refmta/check/rate_limit.h"
#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/message/envelope.h"

/* Of all sessions. */
struct policy_memory {
    struct greylist greylist;
    struct rate_limit rates;
};

void policy_memory_init(struct policy_memory *memory);
void policy_memory_deinit(struct policy_memory *memory);

/* The message at hand. */
struct policy_facts {
    const struct config *config;
    struct policy_memory *memory;
    const struct check *check; /* what the checks found; NULL: the client is our own */
    const struct ip_address *client;
    const char *user; /* who has logged in, or NULL */
    const struct envelope *envelope;
    int64_t now_us; /* monotonic */
};

struct policy_verdict {
    const struct config_check *rule; /* that decided; NULL: none, the message is taken */
    const char *result;              /* of its check */
    const char *status;              /* enhanced, for a refusal (RFC 7372) without the class */
};

/* Writes a field "X-Policy: ..." for each rule that only tags, and for a quarantine. */
struct policy_verdict policy_decide(const struct policy_facts *facts, struct buf *fields);

/* Whether anything is to be decided on mail of our own clients. */
bool policy_is_for_own(const struct config *config);

/* The rule in words: "spf", "dnsbl bl.example.net", "rate of sender". */
const char *policy_rule_text(const struct config_check *rule, struct arena *arena);
/* The word of the check: "spf". */
const char *policy_check_name(enum config_check_kind kind);

/* The zones of the rules, in their order, at most CHECK_ZONES_MAX; returns how many. */
size_t policy_zones(const struct config *config, const char *zones[CHECK_ZONES_MAX]);
