/*
 * What became of TLS sessions, counted for reports (RFC 8460): by the recipient's domain, the
 * policy that held there, and the kind of failure. One day's worth, in memory. No I/O.
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "mta-under-test/mailauth/dane/dane_record.h"
#include "mta-under-test/mailauth/sts/sts_policy.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_report.h"
#include "mta-under-test/refmta/tlspolicy/tls_policy.h"

/* One session, or a policy that could not be had. Everything is borrowed during the call. */
struct tls_session {
    const char *domain; /* of the recipient */
    enum tls_basis basis;
    const char *failure; /* the result type of RFC 8460 4.3; NULL: success */
    const char *reason;  /* in words, for a failure; may be NULL */
    const char *host;    /* of the MX */
    const char *host_address;
    const char *own_address;
    const struct sts_policy *sts; /* where that is the basis; NULL: none was had */
    const struct dane_record *tlsa;
    size_t tlsa_count;
};

/* The caller's storage; all zero is empty. */
struct tls_results {
    struct arena arena;
    struct map domains;
    size_t failure_count; /* of different ones; those past a limit are only counted */
};

void tls_results_init(struct tls_results *results);
void tls_results_deinit(struct tls_results *results);

void tls_results_note(struct tls_results *results, const struct tls_session *session);

/* Fills in the policies of a report about the domain; they live as long as the results and the
 * arena do. False: nothing is known of it. */
bool tls_results_report(const struct tls_results *results, const char *domain, struct arena *arena,
                        struct tlsrpt_report *report);
