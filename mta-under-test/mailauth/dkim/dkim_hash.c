#include "mta-under-test/mailauth/dkim/dkim_hash.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>

#include "mta-under-test/mailauth/dkim/dkim_ed25519.h"

#include "mta-under-test/base/poison.h"

static const EVP_MD *dkim_hash_mds[2];

static void dkim_hash_fetch_mds(void)
{
    dkim_hash_mds[DKIM_SHA1] = EVP_MD_fetch(NULL, "SHA1", NULL);
    dkim_hash_mds[DKIM_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* What EVP_sha256() gives is only a name, which OpenSSL looks up at each use. */
static const EVP_MD *dkim_hash_md(enum dkim_digest digest)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, dkim_hash_fetch_mds);
    return dkim_hash_mds[digest];
}

void dkim_hash_init(struct dkim_hash *hash, enum dkim_digest digest)
{
    hash->held = 0;
    hash->context = EVP_MD_CTX_new();
    if (hash->context == NULL || EVP_DigestInit_ex(hash->context, dkim_hash_md(digest), NULL) != 1)
        abort(); /* out of memory, or an OpenSSL without the digest */
}

void dkim_hash_deinit(struct dkim_hash *hash)
{
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
}

static void dkim_hash_flush(struct dkim_hash *hash)
{
    if (hash->held > 0)
        EVP_DigestUpdate(hash->context, hash->hold, hash->held);
    hash->held = 0;
}

void dkim_hash_add(struct dkim_hash *hash, const void *bytes, size_t len)
{
    if (len > sizeof hash->hold - hash->held)
        dkim_hash_flush(hash);
    if (len >= sizeof hash->hold) {
        EVP_DigestUpdate(hash->context, bytes, len);
    } else if (len > 0) {
        memcpy(hash->hold + hash->held, bytes, len);
        hash->held += len;
    }
}

size_t dkim_hash_finish(struct dkim_hash *hash, unsigned char digest[DKIM_DIGEST_BYTES_MAX])
{
    unsigned len = 0;
    dkim_hash_flush(hash);
    EVP_DigestFinal_ex(hash->context, digest, &len);
    return len;
}

static bool dkim_hash_verify_rsa(EVP_PKEY *key, enum dkim_digest digest, struct slice hash,
                                 struct slice signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool good = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(context, dkim_hash_md(digest)) == 1 &&
                EVP_PKEY_verify(context, (const unsigned char *)signature.data, signature.len,
                                (const unsigned char *)hash.data, hash.len) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

bool dkim_hash_verify(EVP_PKEY *key, enum dkim_digest digest, struct slice hash,
                      struct slice signature)
{
    bool good = EVP_PKEY_id(key) == EVP_PKEY_RSA
                    ? dkim_hash_verify_rsa(key, digest, hash, signature)
                    : dkim_ed25519()->verify(key, hash, signature);
    if (!good)
        ERR_clear_error();
    return good;
}

static bool dkim_hash_sign_rsa(EVP_PKEY *key, struct slice hash, unsigned char *signature,
                               size_t *len)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool good =
        context != NULL && EVP_PKEY_sign_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(context, dkim_hash_md(DKIM_SHA256)) == 1 &&
        EVP_PKEY_sign(context, signature, len, (const unsigned char *)hash.data, hash.len) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

bool dkim_hash_sign(EVP_PKEY *key, struct slice hash, struct arena *arena, struct slice *signature)
{
    unsigned char bytes[DKIM_SIGNATURE_BYTES_MAX];
    size_t len = sizeof bytes;
    bool good = false;
    if (EVP_PKEY_id(key) == EVP_PKEY_RSA) {
        good =
            EVP_PKEY_size(key) <= (int)sizeof bytes && dkim_hash_sign_rsa(key, hash, bytes, &len);
    } else if (EVP_PKEY_id(key) == EVP_PKEY_ED25519) {
        len = DKIM_ED25519_SIGNATURE_BYTES;
        good = dkim_ed25519()->sign(key, hash, bytes);
    }
    if (good)
        *signature = arena_slice(arena, slice_from((const char *)bytes, len));
    else
        ERR_clear_error();
    return good;
}
