/*
 * Tokens (JWT, RFC 7519) that say who somebody is, signed by an issuer whose key is known here:
 * RS256, ES256 or EdDSA (RFC 7518 3, RFC 8037 3.1), by the kind of the key and never by what the
 * token says. Nobody is asked over the network.
 */
#pragma once

#include <openssl/evp.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

struct auth_issuer {
    const char *name;     /* "iss" must be this */
    const char *audience; /* and this must be in "aud" */
    const char *claim;    /* that has the user's name, such as "sub" or "email" */
    EVP_PKEY *key;        /* the public one */
};

/* The caller's storage; zeroes are none. Texts are borrowed. */
struct auth_issuers {
    struct auth_issuer *list;
    size_t count;
    int64_t leeway_us; /* how far its clock may differ from ours */
};

/* Adds one whose key is read from a PEM file: RSA of at least 2048 bits, P-256 or Ed25519. An
 * issuer that changes its key has two for a while. -1 with the file. */
int auth_issuers_add(struct auth_issuers *issuers, const struct auth_issuer *issuer,
                     const char *key_path, struct err *err) MUST_CHECK;
void auth_issuers_deinit(struct auth_issuers *issuers);

/* NULL when the token is good, and the user's name behind what `user` has; otherwise why it is not,
 * for the log. */
const char *auth_token_check(const struct auth_issuers *issuers, struct slice token, int64_t now_us,
                             struct buf *user) MUST_CHECK;
