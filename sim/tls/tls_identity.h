/*
 * What a simulated host, or a client of the server under test, shows in a TLS handshake: a
 * certificate with its key and chain, right or wrong in one known way. Dates are relative to the
 * virtual time at which it is made.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/tls/tls_authority.h"

#define TLS_IDENTITY_KINDS(X)                                                                 \
    X(VALID, "valid")                               /* root in the trust store, full chain */ \
    X(SELF_SIGNED, "self-signed")                   /* signed by its own key */               \
    X(UNKNOWN_CA, "unknown-ca")                     /* signed by a root that nobody trusts */ \
    X(EXPIRED, "expired")                           /* until a day ago */                     \
    X(NOT_YET_VALID, "not-yet-valid")               /* from thirty days from now on */        \
    X(WRONG_NAME, "wrong-name")                     /* for another host */                    \
    X(MISSING_INTERMEDIATE, "missing-intermediate") /* valid, but the chain is not sent */    \
    X(WEAK_KEY, "weak-key")                         /* RSA with 1024 bits */

enum tls_identity_kind {
#define X(name, word) TLS_IDENTITY_##name,
    TLS_IDENTITY_KINDS(X)
#undef X
        TLS_IDENTITY_KIND_COUNT,
};

/* "valid", "self-signed", ...; the list is NULL-terminated and in the order of the enum. */
extern const char *const TLS_IDENTITY_WORDS[];

struct tls_identity {
    enum tls_identity_kind kind;
    X509 *certificate;
    EVP_PKEY *key;
    X509 *issuer;       /* what signed it; NULL if it did so itself */
    X509 *intermediate; /* the issuer, where it is sent behind the certificate; else NULL */
};

/* What a certificate is to be. */
struct tls_identity_wish {
    enum tls_identity_kind kind;
    /* Taken as it is; "wrong-name" gets another one. Of a client also a mail address. */
    const char *host_name;
    bool is_client;
    unsigned generation; /* the n-th key of this host, from 0 */
    int64_t now_us;
};

/* NULL with `err`. The key follows from the seed, the name, the kind and the generation. */
struct tls_identity *tls_identity_make(struct tls_authority *authority,
                                       const struct tls_identity_wish *wish,
                                       struct err *err) MUST_CHECK;
void tls_identity_free(struct tls_identity **identity);

/* Appends it as PEM: the certificate with what is sent behind it, and the key (PKCS#8). */
int tls_identity_to_pem(const struct tls_identity *identity, struct buf *certificates,
                        struct buf *key, struct err *err) MUST_CHECK;
