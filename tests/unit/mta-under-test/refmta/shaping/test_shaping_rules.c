#include "mta-under-test/refmta/shaping/shaping_rules.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct shaping_rules rules;
static struct err err;

static int parse(const char *json)
{
    return shaping_rules_parse(&rules, &arena, "rules.json", slice_of(json), &err);
}

static const char WHOLE[] =
    "{\"receivers\": [{\"name\": \"big\", \"domains\": [\"big.test\"], \"mx\": [\"*.mx.big.test\"],"
    " \"connections\": 3, \"messages-per-connection\": 10, \"rate\": \"60/1m\", \"rules\": ["
    "  {\"name\": \"fast\", \"code\": \"421\", \"status\": \"4.7.28\", \"then\": \"suspend\","
    "   \"for\": \"10m\"},"
    "  {\"name\": \"full\", \"text\": \"*mailbox full*\", \"as\": \"temporary\"}]}],"
    " \"others\": {\"connections\": 7, \"rules\": ["
    "  {\"name\": \"busy\", \"code\": \"4*\", \"text\": \"*too many conn*\", \"then\": \"shrink\","
    "   \"connections\": 1, \"until-successes\": 20}]},"
    " \"warm-up\": [{\"source\": \"192.0.2.11\", \"start\": \"2026-03-02T00:00:00Z\","
    "  \"per-day\": [200, 500]}]}";

START_TEST(a_receiver_is_found_by_domain_or_host)
{
    ck_assert_msg(parse(WHOLE) == 0, "%s", err.text);
    ck_assert_str_eq(shaping_rules_find(&rules, "big.test", NULL)->name, "big");
    ck_assert_str_eq(shaping_rules_find(&rules, "hosted.test", "a.mx.big.test")->name, "big");
    const struct shaping_receiver *others = shaping_rules_find(&rules, "x.test", "mx.x.test");
    ck_assert_str_eq(others->name, "others");
    ck_assert_uint_eq(others->connections, 7);
    ck_assert_uint_eq(rules.receivers[0].rate.count, 60);
    ck_assert_int_eq(rules.receivers[0].rate.span_us, TIME_MINUTE);
    ck_assert_uint_eq(rules.warm_ups[0].per_day[1], 500);
    arena_deinit(&arena);
}
END_TEST

static const char *match(const char *domain, const char *reply)
{
    const struct reply_rule *rule =
        shaping_rules_match(&rules, shaping_rules_find(&rules, domain, NULL), slice_of(reply));
    return rule != NULL ? rule->name : "";
}

START_TEST(a_reply_is_matched_by_code_status_and_text)
{
    ck_assert_msg(parse(WHOLE) == 0, "%s", err.text);
    ck_assert_str_eq(match("big.test", "421 4.7.28 unusual rate"), "fast");
    ck_assert_str_eq(match("big.test", "450 4.7.28 unusual rate"), "");
    ck_assert_str_eq(match("big.test", "421 4.7.0 unusual rate"), "");
    ck_assert_str_eq(match("big.test", "421 what 4.7.28"), "");
    ck_assert_str_eq(match("big.test", "550 5.2.2 Mailbox FULL for now"), "full");
    ck_assert_str_eq(match("x.test", "421 4.7.28 unusual rate"), "");
    /* The rules for all come after the receiver's own. */
    ck_assert_str_eq(match("big.test", "421 too many connections"), "busy");
    ck_assert_str_eq(match("x.test", "421 too many connections"), "busy");
    ck_assert_str_eq(match("x.test", "554 too many connections"), "");
    arena_deinit(&arena);
}
END_TEST

static const struct {
    const char *json;
    const char *text;
} BAD[] = {
    {"{\"receivers\": [{\"name\": \"a\"}]}",
     "rules.json: receivers[0]: needs \"domains\" or \"mx\""},
    {"{\"others\": {\"rate\": \"fast\"}}",
     "rules.json: others.rate: expected a rate like \"100/1m\", of at least 1, found \"fast\""},
    {"{\"others\": {\"rate\": \"0/1m\"}}",
     "rules.json: others.rate: expected a rate like \"100/1m\", of at least 1, found \"0/1m\""},
    {"{\"others\": {\"rules\": [{\"name\": \"a\", \"as\": \"permanent\"}]}}",
     "rules.json: others.rules[0]: needs at least one of \"code\", \"status\" and \"text\""},
    {"{\"others\": {\"rules\": [{\"name\": \"a\", \"code\": \"4*\", \"for\": \"1m\"}]}}",
     "rules.json: others.rules[0]: needs \"then\" or \"as\""},
    {"{\"others\": {\"rules\": [{\"name\": \"a\", \"code\": \"4*\", \"then\": \"suspend\"}]}}",
     "rules.json: others.rules[0]: needs \"for\" or \"until-successes\""},
    {"{\"others\": {\"rules\": [{\"name\": \"a\", \"code\": \"4*\", \"then\": \"suspend\","
     " \"until-successes\": 3}]}}",
     "rules.json: others.rules[0]: needs \"for\": without mail there are no successes to wait for"},
    {"{\"others\": {\"rules\": [{\"name\": \"a\", \"code\": \"4*\", \"then\": \"slow-down\","
     " \"for\": \"1m\"}]}}",
     "rules.json: others.rules[0]: needs a \"rate\", to slow down to"},
    {"{\"warm-up\": [{\"source\": \"192.0.2.1\", \"per-day\": [1]}]}",
     "rules.json: warm-up[0]: needs \"start\": when its first day begins"},
    {"{\"reciever\": []}", "rules.json: reciever: unknown key, did you mean \"receivers\"?"},
    {"{", "rules.json:1:1: this is not JSON from here on"},
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        ck_assert_int_eq(parse(BAD[i].json), -1);
        ck_assert_str_eq(err.text, BAD[i].text);
    }
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(a_receiver_is_found_by_domain_or_host, a_reply_is_matched_by_code_status_and_text,
          what_is_wrong_is_told_with_its_place)
