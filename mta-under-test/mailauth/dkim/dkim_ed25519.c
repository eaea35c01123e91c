#include "mta-under-test/mailauth/dkim/dkim_ed25519.h"

#include <openssl/crypto.h>

#include "mta-under-test/mailauth/dkim/sodium_library.h"

#include "mta-under-test/base/poison.h"

static bool dkim_ed25519_public_key(EVP_PKEY *key, unsigned char bytes[DKIM_ED25519_KEY_BYTES])
{
    size_t len = DKIM_ED25519_KEY_BYTES;
    return EVP_PKEY_id(key) == EVP_PKEY_ED25519 &&
           EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1;
}

static bool dkim_ed25519_verify_by_sodium(EVP_PKEY *key, struct slice text, struct slice signature)
{
    unsigned char bytes[DKIM_ED25519_KEY_BYTES];
    return signature.len == DKIM_ED25519_SIGNATURE_BYTES && dkim_ed25519_public_key(key, bytes) &&
           sodium_library()->verify_detached((const unsigned char *)signature.data,
                                             (const unsigned char *)text.data, text.len,
                                             bytes) == 0;
}

static bool dkim_ed25519_sign_by_sodium(EVP_PKEY *key, struct slice text,
                                        unsigned char signature[DKIM_ED25519_SIGNATURE_BYTES])
{
    /* libsodium's form of a private key: the public key stands behind it. */
    unsigned char pair[DKIM_ED25519_KEY_BYTES * 2];
    size_t len = DKIM_ED25519_KEY_BYTES;
    bool good = dkim_ed25519_public_key(key, pair + DKIM_ED25519_KEY_BYTES) &&
                EVP_PKEY_get_raw_private_key(key, pair, &len) == 1 &&
                sodium_library()->sign_detached(signature, NULL, (const unsigned char *)text.data,
                                                text.len, pair) == 0;
    OPENSSL_cleanse(pair, sizeof pair);
    return good;
}

static bool dkim_ed25519_verify_by_openssl(EVP_PKEY *key, struct slice text, struct slice signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_PKEY_id(key) == EVP_PKEY_ED25519 &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.len,
                                 (const unsigned char *)text.data, text.len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static bool dkim_ed25519_sign_by_openssl(EVP_PKEY *key, struct slice text,
                                         unsigned char signature[DKIM_ED25519_SIGNATURE_BYTES])
{
    size_t len = DKIM_ED25519_SIGNATURE_BYTES;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        context != NULL && EVP_PKEY_id(key) == EVP_PKEY_ED25519 &&
        EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestSign(context, signature, &len, (const unsigned char *)text.data, text.len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

const struct dkim_ed25519 DKIM_ED25519_BY_SODIUM = {.sign = dkim_ed25519_sign_by_sodium,
                                                    .verify = dkim_ed25519_verify_by_sodium};
const struct dkim_ed25519 DKIM_ED25519_BY_OPENSSL = {.sign = dkim_ed25519_sign_by_openssl,
                                                     .verify = dkim_ed25519_verify_by_openssl};

const struct dkim_ed25519 *dkim_ed25519(void)
{
    return sodium_library() != NULL ? &DKIM_ED25519_BY_SODIUM : &DKIM_ED25519_BY_OPENSSL;
}
