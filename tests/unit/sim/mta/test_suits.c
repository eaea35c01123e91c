#include "sim/mta/mta_settings.h"

#include <stdio.h>

#include "sim/mta/mta_adapter.h"
#include "tests/unit/unit.h"

struct parsed {
    struct arena arena;
    struct spec_document *document;
    struct mta_settings *settings;
    struct err err;
    int result;
};

static void parse(struct parsed *parsed, const char *json)
{
    memset(parsed, 0, sizeof *parsed);
    parsed->document = spec_document_parse("s.json", slice_of(json), &parsed->err);
    ck_assert_msg(parsed->document != NULL, "%s", parsed->err.text);
    parsed->result = mta_settings_parse(spec_root(parsed->document), &parsed->arena,
                                        &parsed->settings, &parsed->err);
}

static void release(struct parsed *parsed)
{
    spec_document_free(&parsed->document);
    arena_deinit(&parsed->arena);
}

START_TEST(test_nothing_said_gives_the_defaults)
{
    struct arena arena = {0};
    struct mta_settings *settings = NULL;
    struct err err = {{0}};
    struct spec nothing = {0};
    ck_assert_int_eq(mta_settings_parse(nothing, &arena, &settings, &err), 0);
    ck_assert_str_eq(mta_settings_hostname(settings), "mail.sender.test");
    ck_assert_str_eq(mta_settings_domain(settings), "sender.test");
    ck_assert_uint_eq(settings->source_count, 2);
    ck_assert_int_eq(settings->tls, MTA_TLS_OPPORTUNISTIC);
    ck_assert_ptr_null(settings->retry);
    ck_assert_int_eq(mta_settings_retry_form(settings), MTA_RETRY_UNIFORM);
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_a_smart_host_may_want_a_login)
{
    static const char *const BAD[] = {
        "{\"settings\": {\"smart-host\": {\"host\": \"r.test\", \"user\": \"ann\"}}}",
        "{\"settings\": {\"smart-host\": {\"host\": \"r.test\", \"user\": \"a b\","
        "\"password\": \"x\"}}}",
    };
    struct parsed parsed;
    parse(&parsed, "{\"settings\": {\"smart-host\": {\"host\": \"r.test:587\", \"user\": \"ann\","
                   "\"password\": \"x\"}}}");
    ck_assert_msg(parsed.result == 0, "%s", parsed.err.text);
    ck_assert_str_eq(parsed.settings->smart_host, "r.test:587");
    ck_assert_str_eq(parsed.settings->smart_host_user, "ann");
    ck_assert_str_eq(parsed.settings->smart_host_password, "x");
    release(&parsed);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        parse(&parsed, BAD[i]);
        ck_assert_int_eq(parsed.result, -1);
        release(&parsed);
    }
}
END_TEST

START_TEST(test_all_is_read)
{
    struct parsed parsed;
    parse(&parsed,
          "{\"hostname\": \"mx.a.test\", \"sources\": [\"192.0.2.20\"], \"only\": \"exim\","
          "\"settings\": {\"retry\": \"5m, 15m, then every 1h\", \"give-up\": \"2d\","
          "\"warn-after\": \"never\", \"tls\": \"required\", \"smart-host\": \"r.test:587\","
          "\"concurrency\": 3, \"size-limit\": \"1MB\", \"relay-for\": [\"p.test\", \"q.test\"],"
          "\"local-domains\": \"l.test\"},"
          "\"raw\": {\"postfix\": {\"main.cf\": \"a = b\"}}, \"clock\": {\"skew\": \"-11m\"}}");
    ck_assert_msg(parsed.result == 0, "%s", parsed.err.text);
    const struct mta_settings *settings = parsed.settings;
    ck_assert_str_eq(settings->hostname, "mx.a.test");
    ck_assert_str_eq(mta_settings_domain(settings), "a.test");
    ck_assert_str_eq(settings->only, "exim");
    ck_assert_uint_eq(settings->retry_step_count, 3);
    ck_assert_int_eq(settings->first_retry_us, 5 * TIME_MINUTE);
    ck_assert_int_eq(settings->last_retry_us, TIME_HOUR);
    ck_assert_int_eq(mta_settings_retry_form(settings), MTA_RETRY_STEPS);
    ck_assert_int_eq(settings->give_up_us, 2 * TIME_DAY);
    ck_assert_int_eq(settings->warn_after_us, -1);
    ck_assert_int_eq(settings->tls, MTA_TLS_REQUIRED);
    ck_assert_str_eq(settings->smart_host, "r.test:587");
    ck_assert_int_eq(settings->concurrency, 3);
    ck_assert_uint_eq(settings->relay_for_count, 2);
    ck_assert_uint_eq(settings->local_domain_count, 1);
    ck_assert_uint_eq(settings->raw_count, 1);
    ck_assert(settings->has_skew);
    ck_assert_int_eq(settings->skew_us, -11 * TIME_MINUTE);
    release(&parsed);
}
END_TEST

START_TEST(test_the_form_of_a_schedule)
{
    static const struct {
        const char *retry;
        enum mta_retry_form form;
    } CASES[] = {
        {"5m", MTA_RETRY_UNIFORM},
        {"5m, then every 5m", MTA_RETRY_UNIFORM},
        {"5m, 10m, 20m, 40m", MTA_RETRY_DOUBLING},
        {"5m, 10m, 20m, then every 30m", MTA_RETRY_DOUBLING},
        {"5m, 10m, 20m, then every 1h", MTA_RETRY_STEPS},
        {"5m, 15m, 30m", MTA_RETRY_STEPS},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct parsed parsed;
        char json[200];
        snprintf(json, sizeof json, "{\"settings\": {\"retry\": \"%s\"}}", CASES[i].retry);
        parse(&parsed, json);
        ck_assert_msg(parsed.result == 0, "%s", parsed.err.text);
        ck_assert_msg(mta_settings_retry_form(parsed.settings) == CASES[i].form, "%s",
                      CASES[i].retry);
        release(&parsed);
    }
}
END_TEST

START_TEST(test_mistakes_are_told_with_their_place)
{
    static const struct {
        const char *json;
        const char *error;
    } CASES[] = {
        {"{\"hostnam\": \"a.test\"}", "hostname"},
        {"{\"sources\": []}", "at least one"},
        {"{\"sources\": [\"192.0.2\"]}", "sources[0]"},
        {"{\"settings\": {\"retri\": \"5m\"}}", "retry"},
        {"{\"settings\": {\"retry\": \"soon\"}}", "\"soon\""},
        {"{\"settings\": {\"retry\": \"0\"}}", "\"0\""},
        {"{\"settings\": {\"tls\": \"maybe\"}}", "tls"},
        {"{\"settings\": {\"concurrency\": 0}}", "concurrency"},
        {"{\"raw\": \"x\"}", "raw"},
        {"{\"clock\": {\"skew\": \"late\"}}", "skew"},
        {"{\"clock\": {\"drift\": 100}}", "drift"},
        {"{\"command\": []}", "command"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct parsed parsed;
        parse(&parsed, CASES[i].json);
        ck_assert_msg(parsed.result == -1, "%s", CASES[i].json);
        ck_assert_msg(strstr(parsed.err.text, CASES[i].error) != NULL &&
                          strstr(parsed.err.text, "s.json:1: $") != NULL,
                      "%s: %s", CASES[i].json, parsed.err.text);
        release(&parsed);
    }
}
END_TEST

/* What an adapter says of itself, and what a scenario wants. */
static void check_suits(const char *name, const char *json, const char *error)
{
    struct parsed parsed;
    parse(&parsed, json);
    ck_assert_msg(parsed.result == 0, "%s", parsed.err.text);
    struct mta_adapter *adapter = mta_adapter_load(".", name, &parsed.arena, &parsed.err);
    ck_assert_msg(adapter != NULL, "%s", parsed.err.text);
    int result = mta_adapter_suits(adapter, parsed.settings, &parsed.err);
    ck_assert_msg(result == (error == NULL ? 0 : -1), "%s %s: %s", name, json, parsed.err.text);
    if (error != NULL)
        ck_assert_msg(strstr(parsed.err.text, error) != NULL, "%s", parsed.err.text);
    mta_adapter_release(adapter);
    release(&parsed);
}

START_TEST(test_an_adapter_refuses_what_it_cannot_express)
{
    check_suits("exim", "{\"settings\": {\"retry\": \"5m, 15m, then every 1h\"}}", NULL);
    check_suits("postfix", "{\"settings\": {\"retry\": \"5m, 10m, then every 20m\"}}", NULL);
    check_suits("postfix", "{\"settings\": {\"retry\": \"5m, 15m, then every 1h\"}}", "doubling");
    check_suits("opensmtpd", "{\"settings\": {\"retry\": \"5m\"}}", "cannot be told \"retry\"");
    check_suits("opensmtpd", "{\"settings\": {\"tls\": \"required\"}}", NULL);
    check_suits("opensmtpd", "{\"settings\": {\"tls\": \"none\"}}", "\"tls\": none");
    check_suits("postfix", "{\"only\": \"exim\"}", "for exim only");
    check_suits("postfix", "{\"clock\": {\"skew\": \"+1h\"}}", NULL);
    check_suits("exim", "{\"clock\": {\"skew\": \"+1h\"}}", "set-user-id");
    check_suits("exim", "{\"only\": \"exim\"}", NULL);
}
END_TEST

static void check_operation(const char *name, unsigned all, unsigned one, const char *error)
{
    struct mta_settings settings = {.operations = all | one, .operations_on_one = one};
    struct arena arena = {0};
    struct err err = {{0}};
    struct mta_adapter *adapter = mta_adapter_load(".", name, &arena, &err);
    ck_assert_msg(adapter != NULL, "%s", err.text);
    int result = mta_operation_suits(adapter, &settings, &err);
    ck_assert_msg(result == (error == NULL ? 0 : -1), "%s: %s", name, err.text);
    if (error != NULL)
        ck_assert_str_eq(err.text, error);
    mta_adapter_release(adapter);
    arena_deinit(&arena);
}

START_TEST(test_an_adapter_refuses_an_operation_without_a_command)
{
    check_operation("postfix", 0, 1U << MTA_HOLD | 1U << MTA_BOUNCE, NULL);
    check_operation("exim", 1U << MTA_HOLD, 0, NULL); /* message by message */
    check_operation("sendmail", 0, 1U << MTA_FLUSH, NULL);
    check_operation("sendmail", 0, 1U << MTA_DELETE,
                    "sendmail has no command to delete mail (its administrators remove the files)");
    check_operation("chasquid", 1U << MTA_FLUSH, 0,
                    "chasquid has no command to try waiting mail at once");
    check_operation("chasquid", 1U << MTA_LIST, 0, NULL);
    check_operation("exim", 0, 1U << MTA_EXPLAIN, NULL);
    check_operation("dma", 0, 1U << MTA_EXPLAIN, "dma has no command to say why mail waits");
}
END_TEST

START_TEST(test_an_adapter_tells_its_commands)
{
    struct arena arena = {0};
    struct err err = {{0}};
    struct buf text;
    struct mta_adapter *adapter = mta_adapter_load(".", "postfix", &arena, &err);
    ck_assert_msg(adapter != NULL, "%s", err.text);
    buf_init(&text, 10000);
    mta_adapter_explain(adapter, &text);
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "  start    /usr/sbin/postfix start-fg\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "  queue    /usr/sbin/postqueue -p\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "can be told: clock, "));
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "  hold     /usr/sbin/postsuper -h ALL\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "  not mta-sts: "));
    buf_deinit(&text);
    mta_adapter_release(adapter);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(test_nothing_said_gives_the_defaults, test_all_is_read,
          test_a_smart_host_may_want_a_login, test_the_form_of_a_schedule,
          test_mistakes_are_told_with_their_place, test_an_adapter_refuses_what_it_cannot_express,
          test_an_adapter_refuses_an_operation_without_a_command,
          test_an_adapter_tells_its_commands)
