/* The setting "dkim", and the key that is made for it. */
#include "sim/mta/mta_dkim.h"

#include "sim/mta/mta_adapter.h"
#include "tests/unit/unit.h"

static const struct mta_dkim ED25519 = {"a.test", "s1", true, true};
static const struct mta_dkim RSA_KEY = {"a.test", "s1", false, true};

START_TEST(test_both_halves_are_written)
{
    static const struct {
        const struct mta_dkim *dkim;
        const char *record;
    } CASES[] = {{&ED25519, "v=DKIM1; k=ed25519; p="}, {&RSA_KEY, "v=DKIM1; k=rsa; p=MII"}};
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};
        struct buf pem;
        struct buf record;
        EVP_PKEY *key = i == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                               : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)MTA_DKIM_RSA_BITS);
        buf_init(&pem, 16384);
        buf_init(&record, 16384);
        ck_assert_int_eq(mta_dkim_write_key(CASES[i].dkim, key, &pem, &record, &err), 0);
        ck_assert_ptr_nonnull(strstr(buf_text(&pem), "BEGIN PRIVATE KEY"));
        ck_assert_ptr_eq(strstr(buf_text(&record), CASES[i].record), buf_text(&record));
        ck_assert(i == 1 || record.len == strlen(CASES[i].record) + 44);
        buf_deinit(&pem);
        buf_deinit(&record);
        EVP_PKEY_free(key);
    }
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

UNIT_MAIN(test_both_halves_are_written, test_the_setting)
