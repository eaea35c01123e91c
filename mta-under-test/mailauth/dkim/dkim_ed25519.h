/*
 * Ed25519 signatures (PureEdDSA, RFC 8032 section 5.1): by libsodium, which takes about half the
 * time that OpenSSL does, and by OpenSSL where libsodium is not installed. A key and a text have
 * one signature, whoever makes it.
 *
 * They differ in one point, where RFC 8032 leaves a choice: for a public key of small order there
 * are signatures that fit any text. OpenSSL takes them, libsodium takes none with such a key.
 */
#pragma once

#include <openssl/evp.h>

#include "mta-under-test/base/slice.h"

enum { DKIM_ED25519_KEY_BYTES = 32, DKIM_ED25519_SIGNATURE_BYTES = 64 };

struct dkim_ed25519 {
    /* False if the key is no private key of Ed25519. */
    bool (*sign)(EVP_PKEY *key, struct slice text,
                 unsigned char signature[DKIM_ED25519_SIGNATURE_BYTES]);
    /* False too if the key is none of Ed25519, or the signature has another length. */
    bool (*verify)(EVP_PKEY *key, struct slice text, struct slice signature);
};

extern const struct dkim_ed25519 DKIM_ED25519_BY_SODIUM; /* only where sodium_library() is there */
extern const struct dkim_ed25519 DKIM_ED25519_BY_OPENSSL;

/* The faster of those that are there. */
const struct dkim_ed25519 *dkim_ed25519(void);
