#include "sim/tls/tls_tlsa.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

#define NOW_US (INT64_C(1772442000) * TIME_SECOND) /* 2026-03-02T09:00:00Z */

static struct tls_authority *authority_of(uint64_t seed)
{
    struct err err;
    struct tls_authority *authority = tls_authority_new(NOW_US, seed, &err);
    ck_assert_ptr_nonnull(authority);
    return authority;
}

static struct tls_identity_wish wish_of(unsigned generation)
{
    return (struct tls_identity_wish){.kind = TLS_IDENTITY_VALID,
                                      .host_name = "mx.a.test",
                                      .generation = generation,
                                      .now_us = NOW_US};
}

static struct tls_identity *identity_of(struct tls_authority *authority, unsigned generation)
{
    struct err err;
    const struct tls_identity_wish wish = wish_of(generation);
    struct tls_identity *identity = tls_identity_make(authority, &wish, &err);
    ck_assert_msg(identity != NULL, "%s", err.text);
    return identity;
}

/* The record's text; the caller frees it. */
static char *record(struct tls_authority *authority, const struct tls_identity *identity,
                    const struct tls_tlsa *tlsa)
{
    struct err err;
    struct buf text;
    const struct tls_identity_wish wish = wish_of(1);
    buf_init(&text, 8192);
    ck_assert_int_eq(tls_tlsa_to_text(tlsa, authority, &wish, identity, &text, &err), 0);
    char *copy = mem_text_copy(buf_text(&text));
    buf_deinit(&text);
    return copy;
}

static char *record_of(struct tls_authority *authority, const struct tls_identity *identity,
                       const char *numbers, enum tls_tlsa_subject subject)
{
    struct tls_tlsa tlsa = {.subject = subject};
    ck_assert_int_eq(tls_tlsa_from_text(slice_of(numbers), &tlsa), 0);
    return record(authority, identity, &tlsa);
}

START_TEST(test_numbers_are_read_whatever_they_mean)
{
    static const char *const BAD[] = {"", "3", "3 1", "3 1 1 1", "3 1 256", "3 -1 1", "3 1 one"};
    struct tls_tlsa tlsa = {0};
    ck_assert_int_eq(tls_tlsa_from_text(SLICE("3 7 255"), &tlsa), 0);
    ck_assert_uint_eq(tlsa.usage, 3);
    ck_assert_uint_eq(tlsa.selector, 7);
    ck_assert_uint_eq(tlsa.matching, 255);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        ck_assert_msg(tls_tlsa_from_text(slice_of(BAD[i]), &tlsa) != 0, "\"%s\"", BAD[i]);
}
END_TEST

/* The same seed gives the same keys, signatures and so records; another one gives others. */
START_TEST(test_records_follow_from_the_seed)
{
    char *records[3];
    static const uint64_t SEEDS[] = {1, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        struct tls_authority *authority = authority_of(SEEDS[i]);
        struct tls_identity *identity = identity_of(authority, 1);
        records[i] = record_of(authority, identity, "3 0 1", TLS_TLSA_DEFAULT);
        tls_identity_free(&identity);
        tls_authority_free(&authority);
    }
    ck_assert_str_eq(records[0], records[1]);
    ck_assert_str_ne(records[0], records[2]);
    for (size_t i = 0; i < 3; i++)
        free(records[i]);
}
END_TEST

START_TEST(test_the_next_key_is_announced_and_the_one_before_remembered)
{
    struct tls_authority *authority = authority_of(1);
    struct tls_identity *now = identity_of(authority, 1);
    struct tls_identity *later = identity_of(authority, 2);
    struct tls_identity *before = identity_of(authority, 0);
    char *next = record_of(authority, now, "3 1 1", TLS_TLSA_NEXT);
    char *of_later = record_of(authority, later, "3 1 1", TLS_TLSA_HOST);
    char *previous = record_of(authority, now, "3 1 1", TLS_TLSA_PREVIOUS);
    char *of_before = record_of(authority, before, "3 1 1", TLS_TLSA_HOST);
    ck_assert_str_eq(next, of_later);
    ck_assert_str_eq(previous, of_before);
    ck_assert_str_ne(next, previous);
    free(next);
    free(of_later);
    free(previous);
    free(of_before);
    tls_identity_free(&now);
    tls_identity_free(&later);
    tls_identity_free(&before);
    tls_authority_free(&authority);
}
END_TEST

START_TEST(test_subjects_differ)
{
    struct tls_authority *authority = authority_of(1);
    struct tls_identity *identity = identity_of(authority, 1);
    char *texts[TLS_TLSA_SUBJECT_COUNT];
    for (size_t i = TLS_TLSA_HOST; i < TLS_TLSA_SUBJECT_COUNT; i++)
        texts[i] = record_of(authority, identity, "3 1 1", (enum tls_tlsa_subject)i);
    for (size_t i = TLS_TLSA_HOST; i < TLS_TLSA_SUBJECT_COUNT; i++) {
        for (size_t k = i + 1; k < TLS_TLSA_SUBJECT_COUNT; k++)
            ck_assert_msg(strcmp(texts[i], texts[k]) != 0, "%s and %s", TLS_TLSA_SUBJECT_WORDS[i],
                          TLS_TLSA_SUBJECT_WORDS[k]);
    }
    for (size_t i = TLS_TLSA_HOST; i < TLS_TLSA_SUBJECT_COUNT; i++)
        free(texts[i]);
    tls_identity_free(&identity);
    tls_authority_free(&authority);
}
END_TEST

/* A cut record lacks one byte; unknown numbers stand for the certificate and its SHA-256. */
START_TEST(test_data_of_odd_kinds)
{
    static const struct {
        const char *numbers;
        bool is_cut;
        size_t digits;
    } CASES[] = {
        {"3 1 1", false, 64}, {"3 1 2", false, 128}, {"3 7 9", false, 64},
        {"3 1 1", true, 62},  {"4 1 1", false, 64},
    };
    struct tls_authority *authority = authority_of(1);
    struct tls_identity *identity = identity_of(authority, 1);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct tls_tlsa tlsa = {.is_cut = CASES[i].is_cut};
        ck_assert_int_eq(tls_tlsa_from_text(slice_of(CASES[i].numbers), &tlsa), 0);
        char *text = record(authority, identity, &tlsa);
        ck_assert_uint_eq(strlen(text), strlen(CASES[i].numbers) + 1 + CASES[i].digits);
        free(text);
    }
    tls_identity_free(&identity);
    tls_authority_free(&authority);
}
END_TEST

UNIT_MAIN(test_numbers_are_read_whatever_they_mean, test_records_follow_from_the_seed,
          test_the_next_key_is_announced_and_the_one_before_remembered, test_subjects_differ,
          test_data_of_odd_kinds)
