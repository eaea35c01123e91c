/*
 * What is done with a message from a stranger, by the rules of the configuration and the results of
 * the checks: rules are looked at in their order. No I/O.
 */
#pragma once

#include "mta-under-test/refmta/check/check.h"
#include "mta-under-test/refmta/config/config.h"

struct policy_verdict {
    const struct config_check *rule; /* that decided; NULL: none, the message is taken */
    const char *result;              /* of its check */
    const char *status;              /* enhanced, for a refusal (RFC 7372) without the class */
};

/* Writes a field "X-Policy: ..." for each rule that only tags, and for a quarantine. */
struct policy_verdict policy_decide(const struct config *config, const struct check *check,
                                    struct buf *fields);

/* The word of the check: "spf". */
const char *policy_check_name(enum config_check_kind kind);

/* The zones of the rules, in their order, at most CHECK_ZONES_MAX; returns how many. */
size_t policy_zones(const struct config *config, const char *zones[CHECK_ZONES_MAX]);
