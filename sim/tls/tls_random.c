#include "sim/tls/tls_random.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "sim/tls/tls_authority.h"

#include "mta-under-test/base/poison.h"

enum {
    /* Enough for the primes of an RSA key, which are drawn again and again. */
    TLS_RANDOM_RSA_BYTES = 256 * 1024,
    /* Some hundred numbers: a key on a curve and a signature with one take one each. */
    TLS_RANDOM_CURVE_BYTES = 8 * 1024,
    TLS_RANDOM_STRENGTH_BITS = 256,
    TLS_RANDOM_ED25519_BYTES = 32,
};

struct tls_random {
    uint64_t seed;
    OSSL_LIB_CTX *library;
    unsigned char *stream; /* room for TLS_RANDOM_RSA_BYTES */
};

struct tls_random *tls_random_new(uint64_t seed, struct err *err)
{
    struct tls_random *random = mem_alloc(sizeof *random);
    random->seed = seed;
    random->stream = mem_alloc(TLS_RANDOM_RSA_BYTES);
    random->library = OSSL_LIB_CTX_new();
    if (random->library == NULL ||
        RAND_set_DRBG_type(random->library, "TEST-RAND", NULL, NULL, NULL) != 1) {
        tls_error(err, "cannot set up the randomness of keys");
        tls_random_free(&random);
    }
    return random;
}

void tls_random_free(struct tls_random **random_at)
{
    struct tls_random *random = *random_at;
    if (random == NULL)
        return;
    *random_at = NULL;
    OSSL_LIB_CTX_free(random->library);
    free(random->stream);
    free(random);
}

OSSL_LIB_CTX *tls_random_library(const struct tls_random *random)
{
    return random->library;
}

static bool tls_random_fill(const struct tls_random *random, const char *label,
                            unsigned char *bytes, size_t len)
{
    char *text = mem_text_format("%" PRIu64 "/%s", random->seed, label);
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool filled = hash != NULL && EVP_DigestInit_ex(hash, EVP_shake256(), NULL) == 1 &&
                  EVP_DigestUpdate(hash, text, strlen(text)) == 1 &&
                  EVP_DigestFinalXOF(hash, bytes, len) == 1;
    EVP_MD_CTX_free(hash);
    free(text);
    return filled;
}

static bool tls_random_feed(struct tls_random *random, EVP_RAND_CTX *generator, size_t bytes)
{
    unsigned strength = TLS_RANDOM_STRENGTH_BITS;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
        OSSL_PARAM_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, random->stream, bytes),
        OSSL_PARAM_END,
    };
    return generator != NULL && EVP_RAND_CTX_set_params(generator, params) == 1 &&
           EVP_RAND_instantiate(generator, strength, 0, NULL, 0, NULL) == 1;
}

/* The stream from its beginning; how much of it there is does not change what is drawn. */
static int tls_random_rewind(struct tls_random *random, const char *label, size_t bytes,
                             struct err *err)
{
    if (!tls_random_fill(random, label, random->stream, bytes) ||
        !tls_random_feed(random, RAND_get0_private(random->library), bytes) ||
        !tls_random_feed(random, RAND_get0_public(random->library), bytes))
        return tls_error(err, "cannot set up the randomness of keys");
    return 0;
}

int tls_random_restart(struct tls_random *random, const char *label, struct err *err)
{
    return tls_random_rewind(random, label, TLS_RANDOM_CURVE_BYTES, err);
}

/* The same key for use outside of the library context that it was made in. */
static EVP_PKEY *tls_key_move(const EVP_PKEY *key)
{
    OSSL_PARAM *parts = NULL;
    EVP_PKEY *moved = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, EVP_PKEY_get0_type_name(key), NULL);
    if (maker == NULL || EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &parts) != 1 ||
        EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, &moved, EVP_PKEY_KEYPAIR, parts) != 1)
        moved = NULL;
    OSSL_PARAM_free(parts);
    EVP_PKEY_CTX_free(maker);
    return moved;
}

EVP_PKEY *tls_random_key(struct tls_random *random, const char *label, unsigned rsa_bits,
                         struct err *err)
{
    size_t bytes = rsa_bits != 0 ? TLS_RANDOM_RSA_BYTES : TLS_RANDOM_CURVE_BYTES;
    if (tls_random_rewind(random, label, bytes, err) != 0)
        return NULL;
    EVP_PKEY *made = rsa_bits != 0
                         ? EVP_PKEY_Q_keygen(random->library, NULL, "RSA", (size_t)rsa_bits)
                         : EVP_PKEY_Q_keygen(random->library, NULL, "EC", "P-256");
    EVP_PKEY *key = made != NULL ? tls_key_move(made) : NULL;
    EVP_PKEY_free(made);
    if (key == NULL)
        tls_error(err, "cannot make a key");
    return key;
}

EVP_PKEY *tls_random_ed25519_key(struct tls_random *random, const char *label, struct err *err)
{
    unsigned char secret[TLS_RANDOM_ED25519_BYTES];
    EVP_PKEY *key = NULL;
    if (tls_random_fill(random, label, secret, sizeof secret))
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof secret);
    if (key == NULL)
        tls_error(err, "cannot make a key");
    return key;
}
