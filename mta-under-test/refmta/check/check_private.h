/*
 * What the files of the check share: check.c (the checks of a message), check_report.c (the row of
 * a report that they make), check_targets.c (where such a report goes).
 */
#pragma once

#include "mta-under-test/mailauth/auth_check.h"
#include "mta-under-test/mailauth/core/dns_cache.h"
#include "mta-under-test/mailauth/dmarc/dmarc_external.h"
#include "mta-under-test/mailauth/peer/dnsbl.h"
#include "mta-under-test/mailauth/peer/iprev.h"
#include "mta-under-test/refmta/check/check.h"

struct check {
    struct check_request request;
    struct arena arena;
    struct dns_cache cache;
    struct dkim_key_cache keys;
    struct message message;
    struct auth_request auth;
    struct auth_outcome outcome;
    struct iprev_outcome iprev;
    const char *helo;
    struct dnsbl_outcome lists[CHECK_ZONES_MAX];
    /* Of check_new_targets(). */
    const char *domain; /* NULL: it is a message that is checked */
    struct dmarc_discovery policy;
    enum dmarc_external consents[DMARC_URIS_MAX];
    struct dmarc_uri replacements[DMARC_URIS_MAX]; /* an empty address: none */
};

/* True when all is known. */
bool check_run_targets(struct check *check, const struct dns_resolver *resolver) MUST_CHECK;
