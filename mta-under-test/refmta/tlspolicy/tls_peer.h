/*
 * Looks at the certificate of a server during the handshake, by what the policy asks for: nothing,
 * the authorities and the host name (PKIX), or TLSA records (DANE, RFC 7672). One SSL_CTX serves
 * all; what one connection wants is tied to its SSL. A certificate that must be right and is not
 * ends the handshake with an alert. Also keeps sessions, to be resumed under the same demands.
 */
#pragma once

#include <openssl/ssl.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"
#include "mta-under-test/mailauth/dane/dane_record.h"
#include "mta-under-test/refmta/tlspolicy/tls_policy.h"

struct tls_peer {
    enum tls_verify verify;
    const char *host;     /* the TLSA base domain, the name in SNI and in the certificate; "[...]":
                           * an address literal, which has no name */
    const char *next_hop; /* the recipient's domain, which DANE allows in the certificate too */
    const struct dane_record *records; /* of DNS, or those that the operator has named */
    size_t record_count;
    bool needs_name; /* by TLSA records too: `host` stands in the certificate (RFC 8689 4.2.1) */
};

struct tls_sessions;

/* `trust`: PEM file of authorities, NULL for the system's. The sessions live as long as the
 * context that is made here must. NULL with a text. */
struct tls_sessions *tls_sessions_open(const char *trust, struct err *err) MUST_CHECK;
void tls_sessions_close(struct tls_sessions **sessions);
SSL_CTX *tls_sessions_context(struct tls_sessions *sessions);

/* Before the handshake. `peer` must live as long as `ssl` does. `address` is a text that names the
 * server's address and port: with it and with all demands equal a session is resumed. */
void tls_peer_prepare(struct tls_sessions *sessions, SSL *ssl, const struct tls_peer *peer,
                      const char *address);

/* What the certificate was worth, whether or not that was asked for. */
struct tls_peer_result {
    bool is_verified;      /* PKIX, or DANE where that was asked for */
    bool is_refused;       /* a certificate was shown, looked at, and is not right */
    const char *how;       /* "dane", "pkix", "fingerprint", "none" */
    const char *why_not;   /* NULL if it is verified */
    const char *report_as; /* the result type of RFC 8460 4.3; NULL if it is verified */
};

/* After the handshake, or after its failure. */
struct tls_peer_result tls_peer_result(const SSL *ssl);
