#include "sim/tls/tls_identity.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

#define NOW_US (INT64_C(1772442000) * TIME_SECOND) /* 2026-03-02T09:00:00Z */

static X509 *read_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ck_assert_ptr_nonnull(certificate);
    return certificate;
}

/* The result of a strict client at `NOW_US`: an X509_V_* number. */
static int verify(struct tls_authority *authority, const struct tls_identity *identity,
                  const char *host_name)
{
    X509_STORE *store = X509_STORE_new();
    X509 *root = read_pem(tls_authority_root_pem(authority));
    X509_STORE_add_cert(store, root);
    STACK_OF(X509) *chain = sk_X509_new_null();
    if (identity->intermediate != NULL)
        sk_X509_push(chain, identity->intermediate);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, identity->certificate, chain);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, (time_t)(NOW_US / TIME_SECOND));
    X509_VERIFY_PARAM_set1_host(param, host_name, 0);
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    X509_verify_cert(context);
    int result = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    sk_X509_free(chain);
    X509_STORE_free(store);
    X509_free(root);
    return result;
}

static struct tls_identity *make(struct tls_authority *authority, enum tls_identity_kind kind,
                                 const char *host_name)
{
    struct err err;
    const struct tls_identity_wish wish = {.kind = kind, .host_name = host_name, .now_us = NOW_US};
    struct tls_identity *identity = tls_identity_make(authority, &wish, &err);
    ck_assert_msg(identity != NULL, "%s", err.text);
    return identity;
}

static const struct {
    enum tls_identity_kind kind;
    int result;
} KINDS[] = {
    {TLS_IDENTITY_VALID, X509_V_OK},
    {TLS_IDENTITY_SELF_SIGNED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
    {TLS_IDENTITY_UNKNOWN_CA, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN},
    {TLS_IDENTITY_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
    {TLS_IDENTITY_NOT_YET_VALID, X509_V_ERR_CERT_NOT_YET_VALID},
    {TLS_IDENTITY_WRONG_NAME, X509_V_ERR_HOSTNAME_MISMATCH},
    {TLS_IDENTITY_MISSING_INTERMEDIATE, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {TLS_IDENTITY_WEAK_KEY, X509_V_ERR_EE_KEY_TOO_SMALL},
};

START_TEST(test_as_pem_it_is_the_same_with_its_chain)
{
    struct err err;
    struct buf shown;
    struct buf secret;
    struct tls_authority *authority = tls_authority_new(NOW_US, 1, &err);
    struct tls_identity *identity = make(authority, TLS_IDENTITY_VALID, "mail.sender.test");
    buf_init(&shown, 20000);
    buf_init(&secret, 20000);
    ck_assert_int_eq(tls_identity_to_pem(identity, &shown, &secret, &err), 0);
    BIO *bio = BIO_new_mem_buf(shown.data, (int)shown.len);
    X509 *first = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    X509 *second = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    ck_assert_int_eq(X509_cmp(first, identity->certificate), 0);
    ck_assert_int_eq(X509_cmp(second, identity->intermediate), 0);
    BIO_free(bio);
    bio = BIO_new_mem_buf(secret.data, (int)secret.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    ck_assert_int_eq(X509_check_private_key(first, key), 1);
    BIO_free(bio);
    EVP_PKEY_free(key);
    X509_free(first);
    X509_free(second);
    buf_deinit(&shown);
    buf_deinit(&secret);
    tls_identity_free(&identity);
    tls_authority_free(&authority);
}
END_TEST

START_TEST(test_each_kind_fails_in_its_own_way)
{
    struct err err;
    struct tls_authority *authority = tls_authority_new(NOW_US, 1, &err);
    ck_assert_ptr_nonnull(authority);
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        struct tls_identity *identity = make(authority, KINDS[i].kind, "mx.a.test");
        int result = verify(authority, identity, "mx.a.test");
        ck_assert_msg(result == KINDS[i].result, "%s: %s", TLS_IDENTITY_WORDS[KINDS[i].kind],
                      X509_verify_cert_error_string(result));
        tls_identity_free(&identity);
    }
    tls_authority_free(&authority);
}
END_TEST

START_TEST(test_a_long_name_stands_in_the_alternative_names)
{
    static const char NAME[] = "a-host-with-a-rather-long-name-of-its-own.and-a-rather-long-domain"
                               ".example.test";
    struct err err;
    struct tls_authority *authority = tls_authority_new(NOW_US, 1, &err);
    struct tls_identity *identity = make(authority, TLS_IDENTITY_VALID, NAME);
    ck_assert_int_eq(verify(authority, identity, NAME), X509_V_OK);
    tls_identity_free(&identity);
    tls_authority_free(&authority);
}
END_TEST

START_TEST(test_a_client_shows_its_mail_address)
{
    struct err err;
    struct tls_authority *authority = tls_authority_new(NOW_US, 1, &err);
    const struct tls_identity_wish wish = {
        .host_name = "ann@sender.test", .is_client = true, .now_us = NOW_US};
    struct tls_identity *identity = tls_identity_make(authority, &wish, &err);
    ck_assert_ptr_nonnull(identity);
    ck_assert_int_eq(X509_check_email(identity->certificate, "ann@sender.test", 0, 0), 1);
    ck_assert_int_eq(X509_check_purpose(identity->certificate, X509_PURPOSE_SSL_CLIENT, 0), 1);
    ck_assert_int_eq(X509_check_purpose(identity->certificate, X509_PURPOSE_SSL_SERVER, 0), 0);
    tls_identity_free(&identity);
    tls_authority_free(&authority);
}
END_TEST

START_TEST(test_two_authorities_do_not_trust_each_other)
{
    struct err err;
    struct tls_authority *one = tls_authority_new(NOW_US, 1, &err);
    struct tls_authority *two = tls_authority_new(NOW_US, 2, &err);
    struct tls_identity *identity = make(one, TLS_IDENTITY_VALID, "mx.a.test");
    ck_assert_int_ne(verify(two, identity, "mx.a.test"), X509_V_OK);
    tls_identity_free(&identity);
    tls_authority_free(&one);
    tls_authority_free(&two);
}
END_TEST

UNIT_MAIN(test_as_pem_it_is_the_same_with_its_chain, test_each_kind_fails_in_its_own_way,
          test_a_long_name_stands_in_the_alternative_names, test_a_client_shows_its_mail_address,
          test_two_authorities_do_not_trust_each_other)
