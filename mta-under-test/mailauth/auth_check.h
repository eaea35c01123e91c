/*
 * All checks of one received message in one call: SPF, DKIM, ARC, DMARC, and the
 * Authentication-Results field that tells them (RFC 8601).
 *
 * Like everything below it, a pure function: with a resolver that says "pending", is_pending is set
 * and the call is to be repeated once the answers are there.
 */
#pragma once

#include "mta-under-test/mailauth/arc/arc_validate.h"
#include "mta-under-test/mailauth/dmarc/dmarc_check.h"

struct auth_request {
    struct ip_address ip;
    struct slice helo;
    struct slice mail_from;        /* without angle brackets; may be empty */
    const struct message *message; /* NULL: it has not come yet, and only SPF is checked */
    struct slice receiver;         /* authserv-id, and %{r} of SPF */
    int64_t now_us;
    uint64_t seed; /* for pct= of DMARC */
    enum dmarc_version dmarc_version;
    const psl_ctx_t *psl;                   /* NULL: the list that is built into libpsl */
    const struct dkim_verify_options *dkim; /* NULL: DKIM_VERIFY_DEFAULT */
};

struct auth_outcome {
    bool is_pending;
    struct spf_outcome spf;
    struct dkim_outcomes dkim;
    struct arc_outcome arc;
    struct dmarc_outcome dmarc;
};

void auth_check(const struct auth_request *request, const struct dns_resolver *resolver,
                struct dkim_key_cache *keys, struct arena *arena, struct facts *facts,
                struct auth_outcome *outcome);

/* Appends "Authentication-Results: ..." with its final CRLF. */
void auth_check_write(const struct auth_request *request, const struct auth_outcome *outcome,
                      struct arena *arena, struct buf *out);
