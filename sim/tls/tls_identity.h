/*
 * What a simulated host shows in a TLS handshake: a certificate with its key and chain, right or
 * wrong in one known way. Dates are relative to the virtual time at which it is made.
 */
#pragma once

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
    X509 *intermediate; /* sent behind the certificate; NULL if none is */
};

/* NULL with `err`. A host name is taken as it is; "wrong-name" gets another one. */
struct tls_identity *tls_identity_make(struct tls_authority *authority, enum tls_identity_kind kind,
                                       const char *host_name, int64_t now_us,
                                       struct err *err) MUST_CHECK;
void tls_identity_free(struct tls_identity **identity);
