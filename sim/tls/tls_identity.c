#include "sim/tls/tls_identity.h"

#include <openssl/pem.h>

#include "mta-under-test/base/time_text.h"
#include "sim/tls/tls_certificate.h"
#include "sim/tls/tls_random.h"

#include "mta-under-test/base/poison.h"

enum { TLS_WEAK_KEY_BITS = 1024 };

#define TLS_WRONG_NAME "another-host.invalid"

const char *const TLS_IDENTITY_WORDS[] = {
#define X(name, word) word,
    TLS_IDENTITY_KINDS(X)
#undef X
        NULL,
};

static void tls_identity_set_dates(struct tls_certificate_wish *wish, enum tls_identity_kind kind,
                                   int64_t now_us)
{
    wish->from_us = now_us - 30 * TIME_DAY;
    wish->until_us = now_us + INT64_C(3) * 365 * TIME_DAY;
    if (kind == TLS_IDENTITY_EXPIRED) {
        wish->from_us = now_us - 91 * TIME_DAY;
        wish->until_us = now_us - TIME_DAY;
    } else if (kind == TLS_IDENTITY_NOT_YET_VALID) {
        wish->from_us = now_us + 30 * TIME_DAY;
    }
}

/* Who signs; *signer is NULL for an identity that signs itself. */
static int tls_identity_choose_signer(struct tls_authority *authority, enum tls_identity_kind kind,
                                      const struct tls_signer **signer, struct err *err)
{
    *signer = NULL;
    if (kind == TLS_IDENTITY_SELF_SIGNED)
        return 0;
    if (kind != TLS_IDENTITY_UNKNOWN_CA) {
        *signer = tls_authority_intermediate(authority);
        return 0;
    }
    *signer = tls_authority_unknown(authority, err);
    return *signer != NULL ? 0 : -1;
}

static EVP_PKEY *tls_identity_make_key(struct tls_authority *authority,
                                       const struct tls_identity_wish *wish, struct err *err)
{
    char *label =
        mem_text_format("%s %s %s %u", wish->is_client ? "client" : "host", wish->host_name,
                        TLS_IDENTITY_WORDS[wish->kind], wish->generation);
    EVP_PKEY *key =
        tls_random_key(tls_authority_random(authority), label,
                       wish->kind == TLS_IDENTITY_WEAK_KEY ? TLS_WEAK_KEY_BITS : 0, err);
    free(label);
    return key;
}

/* The certificate and what signed it. */
static int tls_identity_certify(struct tls_authority *authority,
                                const struct tls_identity_wish *wish, struct tls_identity *identity,
                                struct err *err)
{
    const char *shown = wish->kind == TLS_IDENTITY_WRONG_NAME ? TLS_WRONG_NAME : wish->host_name;
    struct tls_certificate_wish certificate = {
        .common_name = shown,
        .subject = shown,
        .is_client = wish->is_client,
        .serial = tls_authority_next_serial(authority),
        .key = identity->key,
        .random = tls_authority_random(authority),
    };
    tls_identity_set_dates(&certificate, wish->kind, wish->now_us);
    if (tls_identity_choose_signer(authority, wish->kind, &certificate.signer, err) == 0)
        identity->certificate = tls_certificate_make(&certificate, err);
    if (identity->certificate == NULL)
        return -1;
    if (certificate.signer == NULL)
        return 0;
    identity->issuer = certificate.signer->certificate;
    X509_up_ref(identity->issuer);
    if (wish->kind != TLS_IDENTITY_MISSING_INTERMEDIATE) {
        identity->intermediate = identity->issuer;
        X509_up_ref(identity->intermediate);
    }
    return 0;
}

struct tls_identity *tls_identity_make(struct tls_authority *authority,
                                       const struct tls_identity_wish *wish, struct err *err)
{
    struct tls_identity *identity = mem_alloc(sizeof *identity);
    identity->kind = wish->kind;
    identity->key = tls_identity_make_key(authority, wish, err);
    if (identity->key == NULL || tls_identity_certify(authority, wish, identity, err) != 0)
        tls_identity_free(&identity);
    return identity;
}

void tls_identity_free(struct tls_identity **identity_at)
{
    struct tls_identity *identity = *identity_at;
    if (identity == NULL)
        return;
    *identity_at = NULL;
    X509_free(identity->certificate);
    X509_free(identity->issuer);
    X509_free(identity->intermediate);
    EVP_PKEY_free(identity->key);
    free(identity);
}

static void tls_identity_add(BIO *from, struct buf *to)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(from, &bytes);
    buf_add(to, bytes, (size_t)len);
    BIO_free(from);
}

int tls_identity_to_pem(const struct tls_identity *identity, struct buf *certificates,
                        struct buf *key, struct err *err)
{
    BIO *shown = BIO_new(BIO_s_mem());
    BIO *secret = BIO_new(BIO_s_mem());
    bool written =
        PEM_write_bio_X509(shown, identity->certificate) == 1 &&
        (identity->intermediate == NULL ||
         PEM_write_bio_X509(shown, identity->intermediate) == 1) &&
        PEM_write_bio_PKCS8PrivateKey(secret, identity->key, NULL, NULL, 0, NULL, NULL) == 1;
    tls_identity_add(shown, certificates);
    tls_identity_add(secret, key);
    return written ? 0 : tls_error(err, "cannot write a certificate");
}
