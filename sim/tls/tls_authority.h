/*
 * The certificate authority of the simulated internet. It is made at the start of a run under the
 * virtual time, so nothing it signs expires by itself: a root, which goes into the trust store of
 * the world, an intermediate below it, which signs the hosts' certificates, and (at first use) a
 * second root that nobody trusts. All keys are EC P-256, and follow from the seed.
 *
 * It also carries the listener for TLS secrets (SSLKEYLOGFILE lines), which every context made
 * from it reports to, so that the capture can be read.
 */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"

struct tls_authority;
struct tls_random;

/* One line of the key log (without end of line). */
typedef void tls_key_listener(void *context, const char *line);

/* NULL with the library's text in `err`. `now_us`: microseconds since 1970. */
struct tls_authority *tls_authority_new(int64_t now_us, uint64_t seed, struct err *err) MUST_CHECK;
void tls_authority_free(struct tls_authority **authority);

X509 *tls_authority_root(const struct tls_authority *authority);
/* The root's certificate for trust stores; belongs to the authority. */
const char *tls_authority_root_pem(const struct tls_authority *authority);

void tls_authority_listen_keys(struct tls_authority *authority, tls_key_listener *listener,
                               void *context);
/* Hands a line to the listener, if there is one. */
void tls_authority_report_key(const struct tls_authority *authority, const char *line);

/* A certificate authority with its key: what a certificate is signed with. */
struct tls_signer {
    X509 *certificate;
    EVP_PKEY *key;
};

/* What keys and signatures are drawn from. */
struct tls_random *tls_authority_random(const struct tls_authority *authority);

const struct tls_signer *tls_authority_intermediate(const struct tls_authority *authority);
/* The root that no trust store has; NULL with `err`. */
const struct tls_signer *tls_authority_unknown(struct tls_authority *authority,
                                               struct err *err) MUST_CHECK;
/* Each certificate gets its own number. */
int64_t tls_authority_next_serial(struct tls_authority *authority);

/* Sets `err` to `what` and the reason that OpenSSL gives; returns -1. */
int tls_error(struct err *err, const char *what);
