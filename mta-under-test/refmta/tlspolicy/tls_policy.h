/*
 * How much TLS a delivery to one host must have: the one place where DANE (RFC 7672), MTA-STS (RFC
 * 8461), REQUIRETLS and TLS-Required (RFC 8689), the operator's own wish and plain opportunism (RFC
 * 7435) are weighed against each other. A pure function of facts; nothing is looked up here.
 *
 * The order: what the sender asked for (TLS-Required: No takes policies away, REQUIRETLS adds one),
 * then the operator, then DANE, then MTA-STS, then opportunistic. A lower one is not looked at
 * where a higher one decides: RFC 8461 2 forbids that MTA-STS overrides DANE.
 */
#pragma once

#include <stdbool.h>

enum tls_mode {
    TLS_MODE_OPPORTUNISTIC,
    TLS_MODE_REQUIRED, /* verified */
    TLS_MODE_NEVER,
    TLS_MODE_MAY,       /* opportunistic, with DANE and MTA-STS set aside */
    TLS_MODE_ENCRYPT,   /* TLS at least, whatever the certificate */
    TLS_MODE_DANE_ONLY, /* DANE or no delivery */
    TLS_MODE_PINNED,    /* a certificate or key that the operator has named */
};

enum tls_dane {
    TLS_DANE_NONE,     /* no TLSA records, or none that a validating resolver vouches for */
    TLS_DANE_FAILED,   /* it cannot be told whether there are any (RFC 7672 2.1.1) */
    TLS_DANE_UNUSABLE, /* records, but none that can be used: TLS is a must, its peer unknown */
    TLS_DANE_USABLE,
};

enum tls_sts { TLS_STS_NONE, TLS_STS_TESTING, TLS_STS_ENFORCE };

struct tls_policy_facts {
    enum tls_mode mode; /* what the operator wants for this destination */
    bool has_password;  /* one will be said to the host */
    bool failed_lately; /* a handshake with this address failed not long ago */
    bool require_tls;   /* the sender said REQUIRETLS */
    bool tls_optional;  /* the message has "TLS-Required: No" */
    bool mx_is_secure;  /* DNSSEC vouches for the way to the host */
    enum tls_dane dane;
    enum tls_sts sts;
    bool sts_allows; /* the host is one of the policy's */
};

enum tls_use {
    TLS_USE_NEVER,
    TLS_USE_IF_OFFERED,
    TLS_USE_REQUIRED,
    TLS_USE_NO_HOST, /* nothing may go to this host at all */
};

/* What the peer's certificate must pass. */
enum tls_verify { TLS_VERIFY_NONE, TLS_VERIFY_PKIX, TLS_VERIFY_DANE, TLS_VERIFY_PIN };

/* Which policy decided; the first two have names of their own in reports (RFC 8460 4.2). */
enum tls_basis { TLS_BASIS_DANE, TLS_BASIS_STS, TLS_BASIS_LOCAL, TLS_BASIS_SENDER, TLS_BASIS_NONE };

struct tls_policy {
    enum tls_use use;
    enum tls_verify verify;
    enum tls_basis basis;
    bool needs_requiretls; /* the host must offer REQUIRETLS, and MAIL says it */
    bool is_testing;    /* MTA-STS in mode "testing": what would fail is reported, not enforced */
    const char *why;    /* a literal, for the log */
    const char *status; /* TLS_USE_NO_HOST: the enhanced status of a deferral or bounce */
    bool is_permanent;  /* TLS_USE_NO_HOST: waiting would not help */
    const char *report_as; /* TLS_USE_NO_HOST: the result type of RFC 8460 4.3; NULL: none */
};

struct tls_policy tls_policy_decide(const struct tls_policy_facts *facts);

/* "dane", "mta-sts", "local", "sender", "opportunistic". */
const char *tls_basis_name(enum tls_basis basis);
