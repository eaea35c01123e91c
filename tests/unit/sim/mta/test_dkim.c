/* The setting "dkim", and the key that is made for it. */
#include "sim/mta/mta_dkim.h"

#include "sim/mta/mta_adapter.h"
#include "tests/unit/unit.h"

static const struct mta_dkim ED25519 = {"a.test", "s1", true, true};
static const struct mta_dkim RSA_KEY = {"a.test", "s1", false, true};

static char *make(const struct mta_dkim *dkim, uint64_t seed)
{
    struct err err = {0};
    struct buf pem;
    struct buf record;
    buf_init(&pem, 16384);
    buf_init(&record, 16384);
    struct tls_random *random = tls_random_new(seed, &err);
    ck_assert_int_eq(mta_dkim_make_key(dkim, random, &pem, &record, &err), 0);
    tls_random_free(&random);
    ck_assert_ptr_nonnull(strstr(buf_text(&pem), "BEGIN PRIVATE KEY"));
    buf_deinit(&pem);
    return buf_take(&record);
}

START_TEST(test_a_key_follows_from_the_seed)
{
    char *one = make(&ED25519, 1);
    char *again = make(&ED25519, 1);
    char *other = make(&ED25519, 2);
    ck_assert_str_eq(one, again);
    ck_assert_str_ne(one, other);
    ck_assert_int_eq(strncmp(one, "v=DKIM1; k=ed25519; p=", 22), 0);
    ck_assert_uint_eq(strlen(one), 22 + 44);
    free(one);
    free(again);
    free(other);
}
END_TEST

START_TEST(test_a_key_of_rsa_too)
{
    char *one = make(&RSA_KEY, 1);
    char *again = make(&RSA_KEY, 1);
    char *other = make(&RSA_KEY, 2);
    ck_assert_str_eq(one, again);
    ck_assert_str_ne(one, other);
    ck_assert_int_eq(strncmp(one, "v=DKIM1; k=rsa; p=MII", 21), 0);
    free(one);
    free(again);
    free(other);
}
END_TEST

static int parse(const char *text, struct arena *arena, struct mta_settings **settings,
                 struct spec_document **document, struct err *err)
{
    *document = spec_document_parse("s.json", slice_of(text), err);
    ck_assert_ptr_nonnull(*document);
    return mta_settings_parse(spec_root(*document), arena, settings, err);
}

START_TEST(test_the_setting)
{
    struct arena arena = {0};
    struct err err = {0};
    struct mta_settings *settings;
    struct spec_document *document;
    ck_assert_int_eq(parse("{\"settings\": {\"dkim\": {\"key\": \"ed25519\"}}}", &arena, &settings,
                           &document, &err),
                     0);
    ck_assert_str_eq(settings->dkim->domain, "sender.test");
    ck_assert_str_eq(settings->dkim->selector, "range");
    ck_assert(settings->dkim->is_ed25519 && settings->dkim->is_published);
    struct mta_adapter *adapter = mta_adapter_load(".", "refmta", &arena, &err);
    ck_assert_int_eq(mta_adapter_suits(adapter, settings, &err), 0);
    mta_adapter_release(adapter);
    adapter = mta_adapter_load(".", "postfix", &arena, &err);
    ck_assert_int_eq(mta_adapter_suits(adapter, settings, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot be told \"dkim\""));
    mta_adapter_release(adapter);
    spec_document_free(&document);
    ck_assert_int_eq(
        parse("{\"settings\": {\"dkim\": {\"key\": \"dsa\"}}}", &arena, &settings, &document, &err),
        -1);
    spec_document_free(&document);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(test_a_key_follows_from_the_seed, test_a_key_of_rsa_too, test_the_setting)
