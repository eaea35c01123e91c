/*
 * Makes one X.509 certificate (RFC 5280). The only place that fills in fields and extensions.
 */
#pragma once

#include "sim/tls/tls_authority.h"
#include "sim/tls/tls_random.h"

struct tls_certificate_wish {
    const char *common_name;
    const char
        *subject;   /* for subjectAltName: a host name, or a mail address; NULL: an authority */
    bool is_client; /* it is shown by a client (RFC 5280 4.2.1.12) */
    bool is_authority;
    int64_t serial;
    int64_t from_us; /* validity, since 1970 */
    int64_t until_us;
    EVP_PKEY *key;                   /* the subject's */
    struct tls_random *random;       /* the signature is drawn from it */
    const struct tls_signer *signer; /* NULL: signed by itself */
};

/* The caller owns the result (X509_free); NULL with `err`. */
X509 *tls_certificate_make(const struct tls_certificate_wish *wish, struct err *err) MUST_CHECK;
