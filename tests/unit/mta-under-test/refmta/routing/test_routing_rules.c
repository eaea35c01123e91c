#include "mta-under-test/refmta/routing/routing_rules.h"

#include "tests/unit/unit.h"

static struct arena arena;
static struct routing_rules rules;
static struct err err;

static int parse(const char *json)
{
    return routing_rules_parse(&rules, &arena, "routing.json", slice_of(json), &err);
}

static const char WHOLE[] =
    "{\"pools\": [{\"name\": \"bulk\", \"sources\": ["
    "   {\"v4\": \"192.0.2.11\", \"v6\": \"2001:db8::11\", \"hostname\": \"B1.s.test\"},"
    "   {\"v4\": \"192.0.2.12\", \"hostname\": \"b2.s.test\"}]}],"
    " \"relays\": [{\"name\": \"cloud\", \"tls\": \"implicit\", \"hosts\": ["
    "   {\"host\": \"a.relay.test\", \"port\": 465, \"weight\": 3},"
    "   {\"host\": \"b.relay.test\", \"port\": 465, \"priority\": 1}]}],"
    " \"rules\": ["
    "   {\"name\": \"news\", \"header\": \"X-Class\", \"value\": \"bulk*\", \"pool\": \"bulk\"},"
    "   {\"name\": \"boss\", \"sender\": \"boss@*\", \"relay\": \"cloud\"},"
    "   {\"name\": \"partner\", \"domain\": \"*.partner.test\", \"relay\": \"cloud\","
    "    \"pool\": \"bulk\"}]}";

static const char *find(const char *sender, const char *recipient, const char *headers)
{
    struct routing_facts facts = {sender, recipient, slice_of(headers)};
    const struct routing_rule *rule = routing_rules_find(&rules, &facts);
    return rule != NULL ? rule->name : "";
}

START_TEST(the_first_rule_that_fits_counts)
{
    ck_assert_msg(parse(WHOLE) == 0, "%s", err.text);
    ck_assert_str_eq(find("a@s.test", "b@x.test", ""), "");
    ck_assert_str_eq(find("boss@s.test", "b@x.test", ""), "boss");
    ck_assert_str_eq(find("boss@s.test", "b@x.test", "From: a\r\nx-class: Bulk mail\r\n"), "news");
    ck_assert_str_eq(find("a@s.test", "b@x.test", "X-Class: other\r\n"), "");
    /* Only the header counts, and a field's whole name. */
    ck_assert_str_eq(find("a@s.test", "b@x.test", "A: b\r\n\r\nX-Class: bulk\r\n"), "");
    ck_assert_str_eq(find("a@s.test", "b@x.test", "X-Classes: bulk\r\n"), "");
    ck_assert_str_eq(find("a@s.test", "b@mail.PARTNER.test", ""), "partner");
    ck_assert_str_eq(find("a@s.test", "b@partner.test", ""), "");
    arena_deinit(&arena);
}
END_TEST

START_TEST(relays_and_pools_become_what_the_rules_name)
{
    ck_assert_msg(parse(WHOLE) == 0, "%s", err.text);
    const struct routing_rule *rule = &rules.rules[2];
    ck_assert_str_eq(rule->relay->hosts[0].name, "a.relay.test");
    ck_assert_uint_eq(rule->relay->hosts[0].weight, 3);
    ck_assert_uint_eq(rule->relay->hosts[1].weight, 1);
    ck_assert_uint_eq(rule->relay->hosts[1].priority, 1);
    ck_assert_int_eq(rule->relay->tls, ROUTING_TLS_IMPLICIT);
    ck_assert_str_eq(rule->pool->sources[0].hostname, "b1.s.test");
    ck_assert_str_eq(rule->pool->sources[1].name, "192.0.2.12");
    ck_assert_int_eq(rule->pool->sources[1].v6.family, 0);
    arena_deinit(&arena);
}
END_TEST

static const struct {
    const char *json;
    const char *text;
} BAD[] = {
    {"{\"rules\": [{\"name\": \"a\", \"relay\": \"cloud\"}]}",
     "routing.json: rules[0]: there is no relay \"cloud\""},
    {"{\"rules\": [{\"name\": \"a\", \"pool\": \"bulk\"}]}",
     "routing.json: rules[0]: there is no pool \"bulk\""},
    {"{\"rules\": [{\"name\": \"a\", \"value\": \"b\"}]}",
     "routing.json: rules[0]: \"value\" needs a \"header\""},
    {"{\"pools\": [{\"name\": \"p\", \"sources\": [{\"hostname\": \"a.test\"}]}]}",
     "routing.json: pools[0].sources[0]: needs \"v4\" or \"v6\", or both"},
    {"{\"pools\": [{\"name\": \"p\", \"sources\": [{\"v4\": \"::1\", \"hostname\": \"a.test\"}]}]}",
     "routing.json: pools[0].sources[0]: \"v4\" is no IPv4 address"},
    {"{\"relays\": [{\"name\": \"r\", \"hosts\": [{\"host\": \"a.test\"}], \"user\": \"u\"}]}",
     "routing.json: relays[0]: \"user\" and \"password-file\" belong together"},
    {"{\"relays\": [{\"name\": \"r\", \"hosts\": [{\"host\": \"a.test\"}], \"user\": \"u\","
     " \"password-file\": \"/none\", \"tls\": \"opportunistic\"}]}",
     "routing.json: relays[0]: a password is only said in verified TLS: \"tls\" must be "
     "\"starttls\" or \"implicit\""},
    {"{\"relays\": [{\"name\": \"r\", \"hosts\": [{\"host\": \"a.test\", \"port\": 25},"
     " {\"host\": \"b.test\"}]}]}",
     "routing.json: relays[0]: all hosts of a relay must have the same port"},
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        ck_assert_int_eq(parse(BAD[i].json), -1);
        ck_assert_str_eq(err.text, BAD[i].text);
    }
    ck_assert_int_eq(parse("{\"relays\": [{\"name\": \"r\", \"hosts\": [{\"host\": \"a.test\"}],"
                           " \"user\": \"u\", \"password-file\": \"/nonexistent\"}]}"),
                     -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(the_first_rule_that_fits_counts, relays_and_pools_become_what_the_rules_name,
          what_is_wrong_is_told_with_its_place)
