#include "mta-under-test/refmta/tlspolicy/tls_results.h"

#include "tests/unit/unit.h"

static struct tls_results results;
static struct tlsrpt_report report;
static struct arena arena;

static void note(enum tls_basis basis, const char *failure, const char *host)
{
    static struct slice patterns[] = {{"*.x.test", 8}};
    static const struct sts_policy POLICY = {
        .mode = STS_MODE_ENFORCE, .max_age_s = 86400, .mx_count = 1, .mx = patterns};
    static const struct dane_record RECORD = {3, 1, 1, {"\x01\x02", 2}};
    struct tls_session session = {.domain = "x.test",
                                  .basis = basis,
                                  .failure = failure,
                                  .host = host,
                                  .host_address = "198.18.1.1",
                                  .own_address = "192.0.2.10",
                                  .sts = basis == TLS_BASIS_STS ? &POLICY : NULL,
                                  .tlsa = &RECORD,
                                  .tlsa_count = 1};
    tls_results_note(&results, &session);
}

START_TEST(sessions_are_counted_by_policy_and_failure)
{
    tls_results_init(&results);
    note(TLS_BASIS_STS, NULL, "a.x.test");
    note(TLS_BASIS_STS, "certificate-expired", "a.x.test");
    note(TLS_BASIS_STS, "certificate-expired", "a.x.test");
    note(TLS_BASIS_STS, "certificate-expired", "b.x.test");
    note(TLS_BASIS_DANE, NULL, "a.x.test");
    note(TLS_BASIS_LOCAL, "starttls-not-supported", "c.x.test");
    ck_assert(!tls_results_report(&results, "y.test", &arena, &report));
    ck_assert(tls_results_report(&results, "x.test", &arena, &report));
    ck_assert_uint_eq(report.count, 3);
    const struct tlsrpt_policy *tlsa = &report.policies[0];
    const struct tlsrpt_policy *sts = &report.policies[1];
    const struct tlsrpt_policy *none = &report.policies[2];
    ck_assert(slice_is(tlsa->type, "tlsa") && slice_is(sts->type, "sts"));
    ck_assert(slice_is(none->type, "no-policy-found") && slice_is(none->domain, "x.test"));
    ck_assert_uint_eq(tlsa->successful_sessions, 1);
    ck_assert(slice_is(tlsa->strings[0], "3 1 1 0102"));
    ck_assert_uint_eq(sts->successful_sessions, 1);
    ck_assert_uint_eq(sts->failed_sessions, 3);
    ck_assert_uint_eq(sts->failure_count, 2);
    ck_assert_uint_eq(sts->failures[0].failed_sessions, 2);
    ck_assert(slice_is(sts->failures[1].receiving_mx_hostname, "b.x.test"));
    ck_assert_uint_eq(sts->string_count, 4);
    ck_assert(slice_is(sts->strings[1], "mode: enforce"));
    ck_assert(slice_is(sts->mx_hosts[0], "*.x.test"));
    ck_assert_uint_eq(none->string_count, 0);
    tls_results_deinit(&results);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(sessions_are_counted_by_policy_and_failure)
