/*
 * A server's TLS settings turned into an OpenSSL context, or a client's certificate. Old versions
 * and weak keys are allowed here on purpose: the server under test must meet them.
 */
#pragma once

#include <openssl/ssl.h>

#include "sim/tls/tls_identity.h"

struct tls_settings {
    int version_min;      /* TLS1_VERSION .. TLS1_3_VERSION; 0 = TLS 1.2 */
    int version_max;      /* 0 = TLS 1.3 */
    const char *ciphers;  /* OpenSSL's notation, of TLS 1.2 and below; NULL = its default */
    const char *suites;   /* of TLS 1.3; NULL = the default */
    bool no_tickets;      /* no session can be resumed */
    bool ask_certificate; /* ask the client for one; any is taken, none too */
};

/* The context refers to `authority` (for the key log), which must live longer. Without an identity
 * each connection is given its own by tls_connection_show(). The caller owns the result
 * (SSL_CTX_free); NULL with `err`, as for a cipher list in which nothing is known. */
SSL_CTX *tls_context_make(struct tls_authority *authority, const struct tls_identity *identity,
                          const struct tls_settings *settings, struct err *err) MUST_CHECK;

/* What one connection shows. -1 if OpenSSL does not take it. */
int tls_connection_show(SSL *ssl, const struct tls_identity *identity) MUST_CHECK;

/* The same for a client, which shows `identity` when it is asked (NULL: has none to show), and
 * takes any certificate of the server: nobody stands between. Without an authority no keys are
 * logged. */
SSL_CTX *tls_context_make_client(struct tls_authority *authority,
                                 const struct tls_identity *identity, struct err *err) MUST_CHECK;

/* Does OpenSSL know anything of a cipher list, and all of the suites of TLS 1.3? NULL is known. */
bool tls_ciphers_are_known(const char *ciphers, const char *suites);

/* "1.0" .. "1.3" (also "TLSv1.2") as OpenSSL's number; 0 if it is none. */
int tls_version_from_text(struct slice text);
