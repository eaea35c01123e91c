/* Keys that follow from a seed and a label. */
#include <openssl/x509.h>
#include <stdbool.h>

#include "sim/tls/tls_random.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

enum kind { KIND_CURVE, KIND_RSA, KIND_ED25519, KINDS };

enum { KEY_BYTES_MAX = 4096 };

struct made {
    unsigned char der[KEY_BYTES_MAX];
    int len;
};

static struct made make(enum kind kind, uint64_t seed, const char *label)
{
    struct err err = {0};
    struct made made = {.len = 0};
    unsigned char *at = made.der;
    struct tls_random *random = tls_random_new(seed, &err);
    ck_assert_ptr_nonnull(random);
    EVP_PKEY *key = kind == KIND_ED25519
                        ? tls_random_ed25519_key(random, label, &err)
                        : tls_random_key(random, label, kind == KIND_RSA ? 1024 : 0, &err);
    ck_assert_msg(key != NULL, "%s", err.text);
    made.len = i2d_PrivateKey(key, NULL);
    ck_assert_int_gt(made.len, 0);
    ck_assert_int_le(made.len, KEY_BYTES_MAX);
    i2d_PrivateKey(key, &at);
    EVP_PKEY_free(key);
    tls_random_free(&random);
    return made;
}

static bool is_same(const struct made *a, const struct made *b)
{
    return a->len == b->len && memcmp(a->der, b->der, (size_t)a->len) == 0;
}

START_TEST(test_a_key_follows_from_seed_and_label)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct made one = make(kind, 1, "a");
        struct made again = make(kind, 1, "a");
        struct made other_seed = make(kind, 2, "a");
        struct made other_label = make(kind, 1, "b");
        ck_assert(is_same(&one, &again));
        ck_assert(!is_same(&one, &other_seed));
        ck_assert(!is_same(&one, &other_label));
    }
}
END_TEST

UNIT_MAIN(test_a_key_follows_from_seed_and_label)
