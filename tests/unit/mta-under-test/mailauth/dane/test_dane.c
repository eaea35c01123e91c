#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/dane/dane_check.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

enum { DAYS_S = 86400 };

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ck_assert_ptr_nonnull(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* A certificate for `name`, signed by the issuer (or by itself). */
static X509 *make_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
                              bool is_ca)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), is_ca ? 1 : 2);
    ASN1_TIME_set(X509_getm_notBefore(certificate), 1700000000);
    ASN1_TIME_set(X509_getm_notAfter(certificate), 1700000000 + 100L * DAYS_S);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer != NULL ? issuer : certificate));
    add_extension(certificate, issuer != NULL ? issuer : certificate, NID_basic_constraints,
                  is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (!is_ca) {
        char san[128];
        snprintf(san, sizeof san, "DNS:%s", name);
        add_extension(certificate, issuer, NID_subject_alt_name, san);
    }
    X509_sign(certificate, issuer_key != NULL ? issuer_key : key, EVP_sha256());
    return certificate;
}

struct bed {
    struct arena arena;
    EVP_PKEY *ca_key;
    EVP_PKEY *key;
    X509 *ca;
    X509 *leaf;
    struct slice chain;
    struct slice ca_pem;
};

static struct slice to_pem(struct arena *arena, X509 *first, X509 *second)
{
    char *data = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, first);
    if (second != NULL)
        PEM_write_bio_X509(bio, second);
    long len = BIO_get_mem_data(bio, &data);
    struct slice pem = arena_slice(arena, slice_from(data, (size_t)len));
    BIO_free(bio);
    return pem;
}

static void bed_init(struct bed *bed)
{
    arena_init(&bed->arena);
    bed->ca_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    bed->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    bed->ca = make_certificate("Test CA", bed->ca_key, NULL, NULL, true);
    bed->leaf = make_certificate("mx.x.test", bed->key, bed->ca, bed->ca_key, false);
    bed->chain = to_pem(&bed->arena, bed->leaf, bed->ca);
    bed->ca_pem = to_pem(&bed->arena, bed->ca, NULL);
}

static void bed_deinit(struct bed *bed)
{
    X509_free(bed->ca);
    X509_free(bed->leaf);
    EVP_PKEY_free(bed->ca_key);
    EVP_PKEY_free(bed->key);
    arena_deinit(&bed->arena);
}

/* The record that fits the certificate. */
static struct dane_record make_record(struct bed *bed, X509 *certificate, uint8_t usage,
                                      uint8_t selector, uint8_t type)
{
    unsigned char *der = NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    int der_len = selector == 0 ? i2d_X509(certificate, &der)
                                : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    struct dane_record record = {usage, selector, type, {NULL, 0}};
    record.data = arena_slice(&bed->arena, slice_from((const char *)der, (size_t)der_len));
    if (type > 0) {
        EVP_Digest(der, (size_t)der_len, digest, &len, type == 1 ? EVP_sha256() : EVP_sha512(),
                   NULL);
        record.data = arena_slice(&bed->arena, slice_from((const char *)digest, len));
    }
    OPENSSL_free(der);
    return record;
}

static struct dane_outcome check(struct bed *bed, const struct dane_record *records, size_t count,
                                 const char *host, bool checks_names, int64_t days)
{
    struct dane_outcome outcome;
    struct err err = {{0}};
    struct dane_request request = {.chain_pem = bed->chain,
                                   .ca_pem = bed->ca_pem,
                                   .record_count = count,
                                   .records = records,
                                   .name_count = 1,
                                   .names = {host},
                                   .checks_ee_names = checks_names,
                                   .now_us = (1700000000 + days * DAYS_S) * TIME_SECOND};
    ck_assert_msg(dane_check(&request, NULL, &outcome, &err) == 0, "%s", err.text);
    return outcome;
}

START_TEST(every_usage_selector_and_type_verifies)
{
    struct bed bed;
    bed_init(&bed);
    for (uint8_t usage = 0; usage < 4; usage++) {
        for (uint8_t selector = 0; selector < 2; selector++) {
            for (uint8_t type = 0; type < 3; type++) {
                bool is_anchor = usage % 2 == 0;
                struct dane_record record =
                    make_record(&bed, is_anchor ? bed.ca : bed.leaf, usage, selector, type);
                struct dane_outcome outcome = check(&bed, &record, 1, "mx.x.test", false, 50);
                ck_assert_msg(outcome.is_verified, "%u %u %u: %s", usage, selector, type,
                              outcome.error_text);
                ck_assert_int_eq(outcome.depth, is_anchor ? 1 : 0);
                record.data = slice_first(record.data, record.data.len - 1);
                outcome = check(&bed, &record, 1, "mx.x.test", false, 50);
                ck_assert_uint_eq(outcome.usable, 0);
            }
        }
    }
    bed_deinit(&bed);
}
END_TEST

START_TEST(names_and_dates_do_not_matter_for_usage_3)
{
    struct bed bed;
    bed_init(&bed);
    struct dane_record ee = make_record(&bed, bed.leaf, DANE_EE, 1, 1);
    struct dane_record ta = make_record(&bed, bed.ca, DANE_TA, 0, 1);
    ck_assert(check(&bed, &ee, 1, "other.test", false, 50).is_verified);
    struct dane_outcome misnamed = check(&bed, &ee, 1, "other.test", true, 50);
    ck_assert_int_eq(misnamed.error, X509_V_ERR_HOSTNAME_MISMATCH);
    ck_assert_int_eq(misnamed.depth, 0);
    ck_assert_int_eq(misnamed.matched, 0);
    ck_assert(check(&bed, &ee, 1, "mx.x.test", false, 500).is_verified);
    misnamed = check(&bed, &ta, 1, "other.test", false, 50);
    ck_assert_int_eq(misnamed.error, X509_V_ERR_HOSTNAME_MISMATCH);
    ck_assert_int_eq(misnamed.depth, 1);
    ck_assert_int_eq(check(&bed, &ta, 1, "mx.x.test", false, 500).error,
                     X509_V_ERR_CERT_HAS_EXPIRED);
    bed_deinit(&bed);
}
END_TEST

START_TEST(a_final_dot_is_no_part_of_the_name)
{
    struct bed bed;
    bed_init(&bed);
    struct dane_record ta = make_record(&bed, bed.ca, DANE_TA, 0, 1);
    ck_assert(check(&bed, &ta, 1, "mx.x.test.", false, 50).is_verified);
    ck_assert(check(&bed, &ta, 1, "MX.X.test", false, 50).is_verified);
    ck_assert(!check(&bed, &ta, 1, "mx.x.test..", false, 50).is_verified);
    bed_deinit(&bed);
}
END_TEST

START_TEST(anchors_may_stand_in_the_record_alone)
{
    struct bed bed;
    bed_init(&bed);
    /* The server shows its own certificate only, as most do (RFC 7671 5.2). */
    bed.chain = to_pem(&bed.arena, bed.leaf, NULL);
    bed.ca_pem = SLICE("");
    for (uint8_t selector = 0; selector < 2; selector++) {
        struct dane_record whole = make_record(&bed, bed.ca, DANE_TA, selector, 0);
        struct dane_outcome outcome = check(&bed, &whole, 1, "mx.x.test", false, 50);
        ck_assert_msg(outcome.is_verified, "selector %u: %s", selector, outcome.error_text);
        /* A bare key is no certificate of the chain: the depth is that of what it signed. */
        ck_assert_int_eq(outcome.depth, selector == 0 ? 1 : 0);
        struct dane_record digest = make_record(&bed, bed.ca, DANE_TA, selector, 1);
        outcome = check(&bed, &digest, 1, "mx.x.test", false, 50);
        ck_assert(!outcome.is_verified);
        ck_assert_int_eq(outcome.depth, -1);
    }
    /* Usage 1 matches, but nobody trusts the issuer. */
    struct dane_record pkix = make_record(&bed, bed.leaf, DANE_PKIX_EE, 1, 1);
    struct dane_outcome outcome = check(&bed, &pkix, 1, "mx.x.test", false, 50);
    ck_assert(!outcome.is_verified);
    ck_assert_int_eq(outcome.error, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    bed_deinit(&bed);
}
END_TEST

START_TEST(one_record_of_many_is_enough)
{
    struct bed bed;
    bed_init(&bed);
    struct dane_record records[] = {make_record(&bed, bed.ca, DANE_EE, 1, 1),
                                    make_record(&bed, bed.leaf, DANE_EE, 0, 1),
                                    {9, 9, 9, SLICE("x")}};
    struct dane_outcome outcome = check(&bed, records, 3, "mx.x.test", false, 50);
    ck_assert(outcome.is_verified);
    ck_assert_uint_eq(outcome.usable, 2);
    ck_assert_int_eq(outcome.matched, 1);
    bed_deinit(&bed);
}
END_TEST

START_TEST(the_strongest_digest_decides)
{
    struct bed bed;
    bed_init(&bed);
    struct dane_record records[] = {make_record(&bed, bed.leaf, DANE_EE, 1, 1),
                                    make_record(&bed, bed.ca, DANE_EE, 1, 2)};
    struct dane_outcome outcome = check(&bed, records, 2, "mx.x.test", false, 50);
    ck_assert(!outcome.is_verified);
    ck_assert_int_eq(outcome.error, X509_V_ERR_DANE_NO_MATCH);
    ck_assert_int_eq(outcome.depth, -1);
    ck_assert(check(&bed, records, 1, "mx.x.test", false, 50).is_verified);
    bed_deinit(&bed);
}
END_TEST

START_TEST(records_are_read_and_judged)
{
    struct arena arena;
    struct dane_record record;
    arena_init(&arena);
    ck_assert(dane_record_from_text(&arena, SLICE(" 3 1 1 00 ff\t01 "), &record));
    ck_assert_uint_eq(record.data.len, 3);
    ck_assert_int_eq(dane_record_usability(&record, true), DANE_BAD_LENGTH);
    ck_assert(!dane_record_from_text(&arena, SLICE("3 1"), &record));
    ck_assert(!dane_record_from_text(&arena, SLICE("3 1 256 00"), &record));
    ck_assert(!dane_record_from_text(&arena, SLICE("3 1 1 0"), &record));
    ck_assert(dane_record_from_wire(SLICE("\x04\x01\x01xx"), &record));
    ck_assert_int_eq(dane_record_usability(&record, true), DANE_UNKNOWN_USAGE);
    ck_assert(dane_record_from_wire(SLICE("\x01\x01\x01"
                                          "0123456789abcdef0123456789abcdef"),
                                    &record));
    ck_assert_int_eq(dane_record_usability(&record, true), DANE_PKIX_IN_SMTP);
    ck_assert_int_eq(dane_record_usability(&record, false), DANE_USABLE);
    ck_assert(!dane_record_from_wire(SLICE("\x01\x01"), &record));
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(every_usage_selector_and_type_verifies, names_and_dates_do_not_matter_for_usage_3,
          a_final_dot_is_no_part_of_the_name, anchors_may_stand_in_the_record_alone,
          one_record_of_many_is_enough, the_strongest_digest_decides, records_are_read_and_judged)
