#include "mta-under-test/refmta/tlspolicy/tls_policy.h"

#include <stdio.h>

#include "tests/unit/unit.h"

/* One row: facts, and what must come of them. */
struct row {
    const char *what;
    struct tls_policy_facts facts;
    enum tls_use use;
    enum tls_verify verify;
    enum tls_basis basis;
};

#define USE(x) TLS_USE_##x
#define VERIFY(x) TLS_VERIFY_##x
#define BASIS(x) TLS_BASIS_##x

static const struct row ROWS[] = {
    {"nothing known", {0}, USE(IF_OFFERED), VERIFY(NONE), BASIS(NONE)},
    {"a broken handshake is remembered",
     {.failed_lately = true},
     USE(NEVER),
     VERIFY(NONE),
     BASIS(NONE)},
    {"the operator requires it",
     {.mode = TLS_MODE_REQUIRED, .failed_lately = true},
     USE(REQUIRED),
     VERIFY(PKIX),
     BASIS(LOCAL)},
    {"required is DANE where there are records",
     {.mode = TLS_MODE_REQUIRED, .dane = TLS_DANE_USABLE},
     USE(REQUIRED),
     VERIFY(DANE),
     BASIS(LOCAL)},
    {"switched off", {.mode = TLS_MODE_NEVER}, USE(NEVER), VERIFY(NONE), BASIS(LOCAL)},
    {"a password needs it",
     {.mode = TLS_MODE_OPPORTUNISTIC, .has_password = true},
     USE(REQUIRED),
     VERIFY(PKIX),
     BASIS(LOCAL)},
    {"DANE", {.dane = TLS_DANE_USABLE}, USE(REQUIRED), VERIFY(DANE), BASIS(DANE)},
    {"DANE, although a handshake failed",
     {.dane = TLS_DANE_USABLE, .failed_lately = true},
     USE(REQUIRED),
     VERIFY(DANE),
     BASIS(DANE)},
    {"DANE is above MTA-STS",
     {.dane = TLS_DANE_USABLE, .sts = TLS_STS_ENFORCE},
     USE(REQUIRED),
     VERIFY(DANE),
     BASIS(DANE)},
    {"unusable records demand TLS alone",
     {.dane = TLS_DANE_UNUSABLE},
     USE(REQUIRED),
     VERIFY(NONE),
     BASIS(DANE)},
    {"... beside MTA-STS a certificate that is right",
     {.dane = TLS_DANE_UNUSABLE, .sts = TLS_STS_ENFORCE, .sts_allows = true},
     USE(REQUIRED),
     VERIFY(PKIX),
     BASIS(STS)},
    {"... and a host that it lists",
     {.dane = TLS_DANE_UNUSABLE, .sts = TLS_STS_ENFORCE},
     USE(NO_HOST),
     VERIFY(NONE),
     BASIS(STS)},
    {"... and TLS where it is in testing",
     {.dane = TLS_DANE_UNUSABLE, .sts = TLS_STS_TESTING, .sts_allows = true},
     USE(REQUIRED),
     VERIFY(NONE),
     BASIS(DANE)},
    {"TLSA records that cannot be had",
     {.dane = TLS_DANE_FAILED},
     USE(NO_HOST),
     VERIFY(NONE),
     BASIS(DANE)},
    {"MTA-STS",
     {.sts = TLS_STS_ENFORCE, .sts_allows = true, .failed_lately = true},
     USE(REQUIRED),
     VERIFY(PKIX),
     BASIS(STS)},
    {"a host that MTA-STS does not list",
     {.sts = TLS_STS_ENFORCE},
     USE(NO_HOST),
     VERIFY(NONE),
     BASIS(STS)},
    {"MTA-STS in testing", {.sts = TLS_STS_TESTING}, USE(IF_OFFERED), VERIFY(NONE), BASIS(STS)},
    {"TLS-Required: No goes over policies",
     {.tls_optional = true, .dane = TLS_DANE_FAILED, .sts = TLS_STS_ENFORCE},
     USE(IF_OFFERED),
     VERIFY(NONE),
     BASIS(NONE)},
    {"... but not over the operator",
     {.tls_optional = true, .mode = TLS_MODE_REQUIRED},
     USE(REQUIRED),
     VERIFY(PKIX),
     BASIS(LOCAL)},
    {"REQUIRETLS by DNSSEC",
     {.require_tls = true, .mx_is_secure = true},
     USE(REQUIRED),
     VERIFY(PKIX),
     BASIS(SENDER)},
    {"REQUIRETLS by DANE",
     {.require_tls = true, .mx_is_secure = true, .dane = TLS_DANE_USABLE},
     USE(REQUIRED),
     VERIFY(DANE),
     BASIS(SENDER)},
    {"REQUIRETLS by MTA-STS",
     {.require_tls = true, .sts = TLS_STS_TESTING, .sts_allows = true},
     USE(REQUIRED),
     VERIFY(PKIX),
     BASIS(SENDER)},
    {"REQUIRETLS with nobody who vouches",
     {.require_tls = true},
     USE(NO_HOST),
     VERIFY(NONE),
     BASIS(SENDER)},
    {"REQUIRETLS against the operator",
     {.require_tls = true, .mx_is_secure = true, .mode = TLS_MODE_NEVER},
     USE(NO_HOST),
     VERIFY(NONE),
     BASIS(SENDER)},
    {"policies set aside",
     {.mode = TLS_MODE_MAY, .dane = TLS_DANE_USABLE, .sts = TLS_STS_ENFORCE},
     USE(IF_OFFERED),
     VERIFY(NONE),
     BASIS(NONE)},
    {"TLS at least", {.mode = TLS_MODE_ENCRYPT}, USE(REQUIRED), VERIFY(NONE), BASIS(LOCAL)},
    {"TLS at least, and a policy asks for more",
     {.mode = TLS_MODE_ENCRYPT, .dane = TLS_DANE_USABLE},
     USE(REQUIRED),
     VERIFY(DANE),
     BASIS(DANE)},
    {"TLS at least is more than a policy in testing",
     {.mode = TLS_MODE_ENCRYPT, .sts = TLS_STS_TESTING, .failed_lately = true},
     USE(REQUIRED),
     VERIFY(NONE),
     BASIS(LOCAL)},
    {"TLS-Required: No takes nothing from what the operator has said of a destination",
     {.mode = TLS_MODE_ENCRYPT, .tls_optional = true},
     USE(REQUIRED),
     VERIFY(NONE),
     BASIS(LOCAL)},
    {"DANE alone",
     {.mode = TLS_MODE_DANE_ONLY, .dane = TLS_DANE_USABLE},
     USE(REQUIRED),
     VERIFY(DANE),
     BASIS(LOCAL)},
    {"DANE alone where there is none",
     {.mode = TLS_MODE_DANE_ONLY, .sts = TLS_STS_ENFORCE, .sts_allows = true},
     USE(NO_HOST),
     VERIFY(NONE),
     BASIS(LOCAL)},
    {"a named certificate",
     {.mode = TLS_MODE_PINNED, .dane = TLS_DANE_USABLE, .has_password = true},
     USE(REQUIRED),
     VERIFY(PIN),
     BASIS(LOCAL)},
    {"a named certificate and REQUIRETLS",
     {.mode = TLS_MODE_PINNED, .require_tls = true, .mx_is_secure = true},
     USE(REQUIRED),
     VERIFY(PIN),
     BASIS(SENDER)},
};

START_TEST(each_row_is_decided_as_the_rfcs_say)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct tls_policy policy = tls_policy_decide(&ROWS[i].facts);
        ck_assert_msg(policy.use == ROWS[i].use, "%s: use is %d", ROWS[i].what, (int)policy.use);
        ck_assert_msg(policy.verify == ROWS[i].verify, "%s: verify", ROWS[i].what);
        ck_assert_msg(policy.basis == ROWS[i].basis, "%s: basis is %s", ROWS[i].what,
                      tls_basis_name(policy.basis));
        ck_assert_msg(policy.why != NULL, "%s: no reason", ROWS[i].what);
        ck_assert_msg((policy.use == TLS_USE_NO_HOST) == (policy.status != NULL), "%s: status",
                      ROWS[i].what);
        ck_assert_msg(policy.needs_requiretls ==
                          (ROWS[i].facts.require_tls && policy.use == USE(REQUIRED)),
                      "%s: REQUIRETLS", ROWS[i].what);
    }
}
END_TEST

START_TEST(what_waiting_does_not_help_is_permanent)
{
    struct tls_policy_facts facts = {.require_tls = true};
    ck_assert(tls_policy_decide(&facts).is_permanent);
    facts = (struct tls_policy_facts){.dane = TLS_DANE_FAILED};
    ck_assert(!tls_policy_decide(&facts).is_permanent);
}
END_TEST

UNIT_MAIN(each_row_is_decided_as_the_rfcs_say, what_waiting_does_not_help_is_permanent)
