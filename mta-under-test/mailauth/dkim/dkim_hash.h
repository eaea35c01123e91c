/*
 * A running hash, and signatures made and checked over a finished one.
 */
#pragma once

#include <openssl/evp.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum dkim_digest { DKIM_SHA1, DKIM_SHA256 };
enum { DKIM_DIGEST_BYTES_MAX = 32, DKIM_SIGNATURE_BYTES_MAX = 2048 };

/* The caller's storage. Small pieces are gathered before they are hashed. */
struct dkim_hash {
    EVP_MD_CTX *context;
    size_t held;
    unsigned char hold[4096];
};

void dkim_hash_init(struct dkim_hash *hash, enum dkim_digest digest);
void dkim_hash_deinit(struct dkim_hash *hash);
void dkim_hash_add(struct dkim_hash *hash, const void *bytes, size_t len);
/* Writes the digest and returns its length. The hash can then only be released. */
size_t dkim_hash_finish(struct dkim_hash *hash, unsigned char digest[DKIM_DIGEST_BYTES_MAX]);

/* True if `signature` over the digest is right: RSASSA-PKCS1-v1_5 for an RSA key (RFC 6376 3.3),
 * PureEdDSA over the digest's bytes for Ed25519 (RFC 8463 3). */
bool dkim_hash_verify(EVP_PKEY *key, enum dkim_digest digest, struct slice hash,
                      struct slice signature);

/* Signs a SHA-256 by the same; false if the key cannot sign. */
bool dkim_hash_sign(EVP_PKEY *key, struct slice hash, struct arena *arena, struct slice *signature);
