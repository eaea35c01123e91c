/* Both ways to sign with Ed25519: by libsodium, and by OpenSSL where libsodium is not there. */
#include <sys/resource.h>

#include "mta-under-test/mailauth/dkim/dkim_ed25519.h"
#include "mta-under-test/mailauth/dkim/sodium_library.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

static const struct dkim_ed25519 *const WAYS[] = {&DKIM_ED25519_BY_SODIUM,
                                                  &DKIM_ED25519_BY_OPENSSL};
enum { WAYS_COUNT = 2, TEXT_BYTES = 32 };

static EVP_PKEY *key_of(unsigned char first)
{
    const unsigned char seed[DKIM_ED25519_KEY_BYTES] = {first, 1, 2, 3};
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
}

/* The same key without its secret, as it is read from DNS. */
static EVP_PKEY *public_of(EVP_PKEY *key)
{
    unsigned char bytes[DKIM_ED25519_KEY_BYTES];
    size_t len = sizeof bytes;
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(key, bytes, &len), 1);
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, len);
}

static struct slice slice_of_bytes(const unsigned char *bytes, size_t len)
{
    return slice_from((const char *)bytes, len);
}

START_TEST(test_the_example_of_the_rfc_is_signed_alike)
{
    /* RFC 8032 7.1, TEST 3. */
    static const unsigned char SEED[] = {0xc5, 0xaa, 0x8d, 0xf4, 0x3f, 0x9f, 0x83, 0x7b,
                                         0xed, 0xb7, 0x44, 0x2f, 0x31, 0xdc, 0xb7, 0xb1,
                                         0x66, 0xd3, 0x85, 0x35, 0x07, 0x6f, 0x09, 0x4b,
                                         0x85, 0xce, 0x3a, 0x2e, 0x0b, 0x44, 0x58, 0xf7};
    static const unsigned char EXPECTED[] = {
        0x62, 0x91, 0xd6, 0x57, 0xde, 0xec, 0x24, 0x02, 0x48, 0x27, 0xe6, 0x9c, 0x3a,
        0xbe, 0x01, 0xa3, 0x0c, 0xe5, 0x48, 0xa2, 0x84, 0x74, 0x3a, 0x44, 0x5e, 0x36,
        0x80, 0xd7, 0xdb, 0x5a, 0xc3, 0xac, 0x18, 0xff, 0x9b, 0x53, 0x8d, 0x16, 0xf2,
        0x90, 0xae, 0x67, 0xf7, 0x60, 0x98, 0x4d, 0xc6, 0x59, 0x4a, 0x7c, 0x15, 0xe9,
        0x71, 0x6e, 0xd2, 0x8d, 0xc0, 0x27, 0xbe, 0xce, 0xea, 0x1e, 0xc4, 0x0a};
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, SEED, sizeof SEED);
    for (size_t i = 0; i < WAYS_COUNT; i++) {
        unsigned char signature[DKIM_ED25519_SIGNATURE_BYTES] = {0};
        ck_assert(WAYS[i]->sign(key, SLICE("\xaf\x82"), signature));
        ck_assert_mem_eq(signature, EXPECTED, sizeof EXPECTED);
    }
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(test_both_make_the_same_signature_and_take_each_others)
{
    for (unsigned char i = 0; i < 50; i++) {
        const unsigned char text[TEXT_BYTES] = {i, 7, i};
        struct slice signed_text = slice_of_bytes(text, sizeof text);
        unsigned char signatures[WAYS_COUNT][DKIM_ED25519_SIGNATURE_BYTES];
        EVP_PKEY *key = key_of(i);
        EVP_PKEY *public_key = public_of(key);
        for (size_t by = 0; by < WAYS_COUNT; by++)
            ck_assert(WAYS[by]->sign(key, signed_text, signatures[by]));
        ck_assert_mem_eq(signatures[0], signatures[1], sizeof signatures[0]);
        for (size_t by = 0; by < WAYS_COUNT; by++)
            ck_assert(WAYS[by]->verify(public_key, signed_text,
                                       slice_of_bytes(signatures[1 - by], sizeof signatures[0])));
        EVP_PKEY_free(public_key);
        EVP_PKEY_free(key);
    }
}
END_TEST

/* True if anybody takes it. */
static bool is_taken(EVP_PKEY *key, struct slice text, struct slice signature)
{
    bool taken = false;
    for (size_t by = 0; by < WAYS_COUNT; by++)
        taken = taken || WAYS[by]->verify(key, text, signature);
    return taken;
}

START_TEST(test_a_changed_bit_is_refused)
{
    unsigned char text[TEXT_BYTES] = {1};
    unsigned char signature[DKIM_ED25519_SIGNATURE_BYTES];
    struct slice signed_text = slice_of_bytes(text, sizeof text);
    struct slice whole = slice_of_bytes(signature, sizeof signature);
    EVP_PKEY *key = key_of(9);
    EVP_PKEY *other = key_of(10);
    ck_assert(dkim_ed25519()->sign(key, signed_text, signature));
    for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
        signature[bit / 8] ^= (unsigned char)(1U << bit % 8);
        ck_assert(!is_taken(key, signed_text, whole));
        signature[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof text; bit++) {
        text[bit / 8] ^= (unsigned char)(1U << bit % 8);
        ck_assert(!is_taken(key, signed_text, whole));
        text[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    ck_assert(!is_taken(other, signed_text, whole));
    ck_assert(!is_taken(key, signed_text, slice_first(whole, whole.len - 1)));
    ck_assert(!is_taken(key, signed_text, SLICE("")));
    ck_assert(is_taken(key, signed_text, whole));
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(test_another_kind_of_key_is_refused)
{
    unsigned char signature[DKIM_ED25519_SIGNATURE_BYTES] = {0};
    EVP_PKEY *whole = key_of(9);
    EVP_PKEY *keys[] = {public_of(whole), EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
                        EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        ck_assert_ptr_nonnull(keys[i]);
        for (size_t by = 0; by < WAYS_COUNT; by++)
            ck_assert(!WAYS[by]->sign(keys[i], SLICE("text"), signature));
        ck_assert(!is_taken(keys[i], SLICE("text"), slice_of_bytes(signature, sizeof signature)));
        EVP_PKEY_free(keys[i]);
    }
    EVP_PKEY_free(whole);
}
END_TEST

START_TEST(test_to_libsodium_nothing_fits_a_key_of_small_order)
{
    /* The neutral element as the key and in the signature, whose number is 0: fits any text. */
    static const unsigned char NEUTRAL[DKIM_ED25519_KEY_BYTES] = {1};
    static const unsigned char SIGNATURE[DKIM_ED25519_SIGNATURE_BYTES] = {1};
    struct slice signature = slice_of_bytes(SIGNATURE, sizeof SIGNATURE);
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, NEUTRAL, sizeof NEUTRAL);
    ck_assert(!DKIM_ED25519_BY_SODIUM.verify(key, SLICE("text"), signature));
    ck_assert(DKIM_ED25519_BY_OPENSSL.verify(key, SLICE("text"), signature));
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(test_libsodium_is_taken_where_it_is_there)
{
    ck_assert_ptr_nonnull(sodium_library());
    ck_assert_ptr_eq(dkim_ed25519(), &DKIM_ED25519_BY_SODIUM);
    ck_assert_ptr_eq(sodium_library(), sodium_library());
}
END_TEST

START_TEST(test_without_libsodium_openssl_signs)
{
    unsigned char signature[DKIM_ED25519_SIGNATURE_BYTES] = {0};
    EVP_PKEY *key = key_of(9);
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    /* While no file can be opened, no library can be loaded. */
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = files.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_ptr_null(sodium_library());
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_ptr_null(sodium_library());
    ck_assert_ptr_eq(dkim_ed25519(), &DKIM_ED25519_BY_OPENSSL);
    ck_assert(dkim_ed25519()->sign(key, SLICE("text"), signature));
    ck_assert(
        dkim_ed25519()->verify(key, SLICE("text"), slice_of_bytes(signature, sizeof signature)));
    EVP_PKEY_free(key);
}
END_TEST

UNIT_MAIN(test_the_example_of_the_rfc_is_signed_alike,
          test_both_make_the_same_signature_and_take_each_others, test_a_changed_bit_is_refused,
          test_another_kind_of_key_is_refused, test_to_libsodium_nothing_fits_a_key_of_small_order,
          test_libsodium_is_taken_where_it_is_there, test_without_libsodium_openssl_signs)
