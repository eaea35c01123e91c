#include "mta-under-test/refmta/tlspolicy/tls_policy.h"

#include <stddef.h>

#include "mta-under-test/base/poison.h"

static struct tls_policy must(enum tls_verify verify, enum tls_basis basis, const char *why)
{
    return (struct tls_policy){
        .use = TLS_USE_REQUIRED, .verify = verify, .basis = basis, .why = why};
}

static struct tls_policy not_here(enum tls_basis basis, const char *status, const char *report_as,
                                  const char *why)
{
    return (struct tls_policy){.use = TLS_USE_NO_HOST,
                               .basis = basis,
                               .why = why,
                               .status = status,
                               .report_as = report_as};
}

static struct tls_policy may(const struct tls_policy_facts *facts, const char *why)
{
    /* Some protection, but mail in clear text rather than none (RFC 7435). */
    if (facts->failed_lately)
        return (struct tls_policy){.use = TLS_USE_NEVER,
                                   .basis = TLS_BASIS_NONE,
                                   .why = "a handshake with this host failed not long ago"};
    return (struct tls_policy){.use = TLS_USE_IF_OFFERED, .basis = TLS_BASIS_NONE, .why = why};
}

static struct tls_policy by_dane(const struct tls_policy_facts *facts)
{
    if (facts->dane == TLS_DANE_FAILED)
        return not_here(TLS_BASIS_DANE, "4.7.5", "dnssec-invalid",
                        "DNS does not tell whether the host has TLSA records (RFC 7672 2.1.1)");
    if (facts->dane == TLS_DANE_UNUSABLE)
        return must(TLS_VERIFY_NONE, TLS_BASIS_DANE,
                    "the host has TLSA records, though none that can be used (RFC 7672 2.2)");
    return must(TLS_VERIFY_DANE, TLS_BASIS_DANE, "the host has TLSA records (RFC 7672)");
}

static struct tls_policy by_sts(const struct tls_policy_facts *facts)
{
    if (facts->sts == TLS_STS_TESTING) {
        struct tls_policy policy =
            may(facts, "MTA-STS is in testing: TLS where it is offered, failures are reported");
        policy.basis = TLS_BASIS_STS;
        policy.is_testing = true;
        return policy;
    }
    if (!facts->sts_allows)
        return not_here(TLS_BASIS_STS, "4.7.5", "validation-failure",
                        "the domain's MTA-STS policy does not list this host (RFC 8461 4.1)");
    return must(TLS_VERIFY_PKIX, TLS_BASIS_STS, "the domain's MTA-STS policy is enforced");
}

/* RFC 7672 2.2 with no way round it. */
static struct tls_policy by_dane_alone(const struct tls_policy_facts *facts)
{
    if (facts->dane != TLS_DANE_USABLE)
        return not_here(TLS_BASIS_LOCAL, "4.7.5", NULL,
                        "only DANE will do for this destination, and the host has no TLSA records "
                        "that can be used");
    return must(TLS_VERIFY_DANE, TLS_BASIS_LOCAL, "only DANE will do for this destination");
}

static struct tls_policy by_destination(const struct tls_policy_facts *facts)
{
    if (facts->mode == TLS_MODE_PINNED)
        return must(TLS_VERIFY_PIN, TLS_BASIS_LOCAL,
                    "this destination must show a certificate that is named for it");
    if (facts->mode == TLS_MODE_DANE_ONLY)
        return by_dane_alone(facts);
    if (facts->has_password)
        return must(TLS_VERIFY_PKIX, TLS_BASIS_LOCAL, "a password is said in verified TLS only");
    if (facts->mode == TLS_MODE_REQUIRED)
        return must(facts->dane == TLS_DANE_USABLE ? TLS_VERIFY_DANE : TLS_VERIFY_PKIX,
                    TLS_BASIS_LOCAL, "verified TLS is required for this destination");
    if (facts->mode == TLS_MODE_NEVER)
        return (struct tls_policy){.use = TLS_USE_NEVER,
                                   .basis = TLS_BASIS_LOCAL,
                                   .why = "TLS is switched off for this destination"};
    if (facts->mode == TLS_MODE_MAY)
        return may(facts, "policies are set aside for this destination");
    if (facts->tls_optional && facts->mode == TLS_MODE_OPPORTUNISTIC)
        return may(facts, "the message says TLS-Required: No (RFC 8689 4.2.2)");
    /* Records that none can use authenticate nobody, so they do not take the place of a policy that
     * does (RFC 8461 5). */
    bool is_beside_dane = facts->dane == TLS_DANE_UNUSABLE && facts->sts == TLS_STS_ENFORCE;
    if (facts->dane != TLS_DANE_NONE && !is_beside_dane)
        return by_dane(facts);
    if (facts->sts == TLS_STS_ENFORCE ||
        (facts->sts == TLS_STS_TESTING && facts->mode != TLS_MODE_ENCRYPT))
        return by_sts(facts);
    if (facts->mode == TLS_MODE_ENCRYPT)
        return must(TLS_VERIFY_NONE, TLS_BASIS_LOCAL, "TLS is required for this destination");
    return may(facts, "TLS where it is offered");
}

/* RFC 8689 4.2.1: the way to the host is vouched for, and its certificate is right. */
static struct tls_policy by_sender(const struct tls_policy_facts *facts, struct tls_policy policy)
{
    if (policy.use == TLS_USE_NO_HOST)
        return policy;
    if (policy.use == TLS_USE_NEVER && policy.basis == TLS_BASIS_LOCAL) {
        policy = not_here(TLS_BASIS_SENDER, "5.7.10", NULL,
                          "the sender requires TLS, which is switched off for this destination");
        policy.is_permanent = true;
        return policy;
    }
    if (!facts->mx_is_secure && !(facts->sts != TLS_STS_NONE && facts->sts_allows)) {
        policy = not_here(TLS_BASIS_SENDER, "5.7.10", NULL,
                          "the sender requires TLS, and neither DNSSEC nor MTA-STS vouches for the "
                          "host (RFC 8689 4.2.1)");
        policy.is_permanent = true;
        return policy;
    }
    enum tls_verify verify = facts->dane == TLS_DANE_USABLE ? TLS_VERIFY_DANE : TLS_VERIFY_PKIX;
    policy = must(policy.verify == TLS_VERIFY_PIN ? TLS_VERIFY_PIN : verify, TLS_BASIS_SENDER,
                  "the sender requires TLS (RFC 8689)");
    policy.needs_requiretls = true;
    return policy;
}

struct tls_policy tls_policy_decide(const struct tls_policy_facts *facts)
{
    struct tls_policy policy = by_destination(facts);
    return facts->require_tls ? by_sender(facts, policy) : policy;
}

const char *tls_basis_name(enum tls_basis basis)
{
    static const char *const NAMES[] = {[TLS_BASIS_DANE] = "dane",
                                        [TLS_BASIS_STS] = "mta-sts",
                                        [TLS_BASIS_LOCAL] = "local",
                                        [TLS_BASIS_SENDER] = "sender",
                                        [TLS_BASIS_NONE] = "opportunistic"};
    return NAMES[basis];
}
