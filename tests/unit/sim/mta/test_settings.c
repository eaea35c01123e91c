/* Settings, adapters, and what comes of both. */
#include "sim/mta/mta_settings.h"

#include "sim/mta/mta_adapter.h"
#include "sim/mta/mta_place.h"
#include "sim/mta/mta_template.h"
#include "sim/mta/mta_values.h"
#include "tests/unit/unit.h"

/* What parse() made last: settings borrow from it. */
static struct spec_document *document;

static struct mta_settings *parse(const char *text, struct arena *arena, struct err *err)
{
    document = spec_document_parse("s.json", slice_of(text), err);
    struct mta_settings *settings = NULL;
    ck_assert_ptr_nonnull(document);
    if (mta_settings_parse(spec_root(document), arena, &settings, err) != 0)
        return NULL;
    return settings;
}

START_TEST(test_nothing_said_gives_the_defaults)
{
    struct arena arena = {0};
    struct err err = {0};
    struct mta_settings *settings = NULL;
    ck_assert_int_eq(mta_settings_parse((struct spec){0}, &arena, &settings, &err), 0);
    ck_assert_str_eq(settings->hostname, "mail.sender.test");
    ck_assert_str_eq(mta_settings_domain(settings), "sender.test");
    ck_assert_uint_eq(settings->source_count, 2);
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_settings_become_values_of_templates)
{
    static const struct {
        const char *name;
        const char *want;
    } VALUES[] = {{"hostname", "mx.a.test"},
                  {"retry-first-seconds", "300"},
                  {"retry-last-seconds", "3600"},
                  {"give-up-seconds", "432000"},
                  {"smart-host", "relay.test"},
                  {"smart-port", "587"},
                  {"tls-required", "yes"},
                  {"source-v4", "192.0.2.7"},
                  {"source-v6", ""},
                  {"relay-for-json", "[\"b.test\", \"c.test\"]"},
                  {"warn-never", "never"}};
    struct arena arena = {0};
    struct err err = {0};
    struct mta_settings *settings =
        parse("{\"hostname\":\"mx.a.test\",\"sources\":[\"192.0.2.7\"],\"settings\":{"
              "\"retry\":\"5m, 10m, then every 1h\",\"give-up\":\"5d\",\"tls\":\"required\","
              "\"warn-after\":\"never\",\"smart-host\":\"relay.test:587\","
              "\"relay-for\":[\"b.test\",\"c.test\"]}}",
              &arena, &err);
    ck_assert_msg(settings != NULL, "%s", err.text);
    struct mta_values values = {.settings = settings, .programs = "/p", .mta = "x", .file = ""};
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        struct buf out;
        buf_init(&out, 1000);
        struct mta_template_source source = mta_values_source(&values);
        ck_assert(source.value(source.context, slice_of(VALUES[i].name), &out));
        ck_assert_str_eq(buf_text(&out), VALUES[i].want);
        buf_deinit(&out);
    }
    spec_document_free(&document);
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_wrong_settings_name_their_place)
{
    static const struct {
        const char *text;
        const char *message;
    } WRONG[] = {
        {"{\"settings\":{\"retry\":\"5m, soon\"}}", "$.settings.retry"},
        {"{\"settings\":{\"give_up\":\"5d\"}}", "did you mean \"give-up\"?"},
        {"{\"sources\":[]}", "at least one address"},
        {"{\"clock\":{\"skew\":\"later\"}}", "$.clock.skew"},
        {"{\"raw\":{\"postfix\":\"x\"}}", "$.raw.postfix"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct arena arena = {0};
        struct err err = {0};
        ck_assert_ptr_null(parse(WRONG[i].text, &arena, &err));
        ck_assert_msg(strstr(err.text, WRONG[i].message) != NULL, "%s", err.text);
        spec_document_free(&document);
        arena_deinit(&arena);
    }
}
END_TEST

START_TEST(test_every_shipped_adapter_loads_and_its_templates_fill)
{
    struct arena arena = {0};
    struct err err = {0};
    struct mta_settings *settings = NULL;
    ck_assert_int_eq(mta_settings_parse((struct spec){0}, &arena, &settings, &err), 0);
    const char *const *names = mta_adapter_names(".", &arena);
    ck_assert_ptr_nonnull(names[0]);
    for (; *names != NULL; names++) {
        struct mta_adapter *adapter = mta_adapter_load(".", *names, &arena, &err);
        ck_assert_msg(adapter != NULL, "%s", err.text);
        ck_assert_int_eq(mta_adapter_suits(adapter, settings, &err), 0);
        const struct mta_setup setup = {.adapter = adapter, .settings = settings, .programs = "/p"};
        ck_assert_msg(mta_fill_command(&setup, &adapter->start, &arena, &err) != NULL, "%s",
                      err.text);
        mta_adapter_release(adapter);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_an_unknown_adapter_gets_the_nearest_name)
{
    struct arena arena = {0};
    struct err err = {0};
    ck_assert_ptr_null(mta_adapter_load(".", "refmat", &arena, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "did you mean \"refmta\"?"));
    ck_assert_ptr_null(mta_adapter_load(".", "../adapters/refmta", &arena, &err));
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_a_scenario_for_another_server_does_not_suit)
{
    struct arena arena = {0};
    struct err err = {0};
    struct mta_settings *settings = parse("{\"only\":\"postfix\"}", &arena, &err);
    struct mta_adapter *adapter = mta_adapter_load(".", "refmta", &arena, &err);
    ck_assert_int_eq(mta_adapter_suits(adapter, settings, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "postfix only"));
    mta_adapter_release(adapter);
    spec_document_free(&document);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(test_nothing_said_gives_the_defaults, test_settings_become_values_of_templates,
          test_wrong_settings_name_their_place,
          test_every_shipped_adapter_loads_and_its_templates_fill,
          test_an_unknown_adapter_gets_the_nearest_name,
          test_a_scenario_for_another_server_does_not_suit)
