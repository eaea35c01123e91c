#include "sim/tls/tls_authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "mta-under-test/base/time_text.h"
#include "sim/tls/tls_certificate.h"
#include "sim/tls/tls_random.h"

#include "mta-under-test/base/poison.h"

struct tls_authority {
    struct tls_signer root;
    struct tls_signer intermediate;
    struct tls_signer unknown; /* made at the first use */
    struct tls_random *random;
    int64_t now_us;
    int64_t serial;
    char *root_pem;
    tls_key_listener *listener;
    void *listener_context;
};

int tls_error(struct err *err, const char *what)
{
    char reason[256];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    ERR_clear_error();
    return err_set(err, "%s: %s", what, reason);
}

static void tls_signer_release(struct tls_signer *signer)
{
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
    *signer = (struct tls_signer){0};
}

/* An authority below `above` (NULL: a root), valid from a year before to thirty years after now. */
static int tls_signer_make(struct tls_signer *signer, struct tls_authority *authority,
                           const char *name, const struct tls_signer *above, struct err *err)
{
    signer->key = tls_random_key(authority->random, name, 0, err);
    if (signer->key == NULL)
        return -1;
    const struct tls_certificate_wish wish = {
        .common_name = name,
        .is_authority = true,
        .serial = tls_authority_next_serial(authority),
        .from_us = authority->now_us - 365 * TIME_DAY,
        .until_us = authority->now_us + INT64_C(30) * 365 * TIME_DAY,
        .key = signer->key,
        .random = authority->random,
        .signer = above,
    };
    signer->certificate = tls_certificate_make(&wish, err);
    if (signer->certificate == NULL) {
        tls_signer_release(signer);
        return -1;
    }
    return 0;
}

static char *tls_certificate_to_pem(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    if (bio != NULL && PEM_write_bio_X509(bio, certificate) == 1) {
        char *data = NULL;
        long len = BIO_get_mem_data(bio, &data);
        pem = mem_text_copy_n(data, (size_t)len);
    }
    BIO_free(bio);
    return pem;
}

struct tls_authority *tls_authority_new(int64_t now_us, uint64_t seed, struct err *err)
{
    struct tls_authority *authority = mem_alloc(sizeof *authority);
    authority->now_us = now_us;
    authority->random = tls_random_new(seed, err);
    if (authority->random != NULL &&
        tls_signer_make(&authority->root, authority, "Simulated root", NULL, err) == 0 &&
        tls_signer_make(&authority->intermediate, authority, "Simulated intermediate",
                        &authority->root, err) == 0) {
        authority->root_pem = tls_certificate_to_pem(authority->root.certificate);
        if (authority->root_pem != NULL)
            return authority;
        tls_error(err, "cannot write a certificate");
    }
    tls_authority_free(&authority);
    return NULL;
}

void tls_authority_free(struct tls_authority **authority_at)
{
    struct tls_authority *authority = *authority_at;
    if (authority == NULL)
        return;
    *authority_at = NULL;
    tls_signer_release(&authority->root);
    tls_signer_release(&authority->intermediate);
    tls_signer_release(&authority->unknown);
    tls_random_free(&authority->random);
    free(authority->root_pem);
    free(authority);
}

X509 *tls_authority_root(const struct tls_authority *authority)
{
    return authority->root.certificate;
}

const char *tls_authority_root_pem(const struct tls_authority *authority)
{
    return authority->root_pem;
}

void tls_authority_listen_keys(struct tls_authority *authority, tls_key_listener *listener,
                               void *context)
{
    authority->listener = listener;
    authority->listener_context = context;
}

void tls_authority_report_key(const struct tls_authority *authority, const char *line)
{
    if (authority->listener != NULL)
        authority->listener(authority->listener_context, line);
}

struct tls_random *tls_authority_random(const struct tls_authority *authority)
{
    return authority->random;
}

const struct tls_signer *tls_authority_intermediate(const struct tls_authority *authority)
{
    return &authority->intermediate;
}

const struct tls_signer *tls_authority_unknown(struct tls_authority *authority, struct err *err)
{
    if (authority->unknown.certificate == NULL &&
        tls_signer_make(&authority->unknown, authority, "Unknown root", NULL, err) != 0)
        return NULL;
    return &authority->unknown;
}

int64_t tls_authority_next_serial(struct tls_authority *authority)
{
    return ++authority->serial;
}
