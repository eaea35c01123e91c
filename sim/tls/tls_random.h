/*
 * Randomness that follows from the seed of the run, for keys and signatures of the simulated
 * internet, and the server's DKIM key: so the TLSA records that name them, and whatever else is
 * derived from them, are the same in each run. It serves nothing else: handshakes take true
 * randomness.
 *
 * It is a library context of OpenSSL whose generator hands out a stream made from a text.
 */
#pragma once

#include <openssl/evp.h>

#include "mta-under-test/base/err.h"

struct tls_random;

/* NULL with the library's text in `err`. */
struct tls_random *tls_random_new(uint64_t seed, struct err *err) MUST_CHECK;
void tls_random_free(struct tls_random **random);

/* What is drawn from here on follows from the seed and the label. */
int tls_random_restart(struct tls_random *random, const char *label, struct err *err) MUST_CHECK;

/* Where to make what is to follow from the stream; belongs to `random`. */
OSSL_LIB_CTX *tls_random_library(const struct tls_random *random);

/* A key that follows from seed and label: EC P-256, or RSA where `rsa_bits` is not 0. It belongs to
 * the default library context; the caller owns it. NULL with `err`. */
EVP_PKEY *tls_random_key(struct tls_random *random, const char *label, unsigned rsa_bits,
                         struct err *err) MUST_CHECK;
/* The same of Ed25519. */
EVP_PKEY *tls_random_ed25519_key(struct tls_random *random, const char *label,
                                 struct err *err) MUST_CHECK;
