#include "sim/mta/mta_pattern.h"

#include "tests/unit/unit.h"

static struct {
    struct arena arena;
    struct spec_document *document;
    struct mta_pattern pattern;
    struct err err;
} fx;

/* 0, or -1 with fx.err. */
static int load(const char *json)
{
    memset(&fx, 0, sizeof fx);
    fx.document = spec_document_parse("a.json", slice_of(json), &fx.err);
    ck_assert_msg(fx.document != NULL, "%s", fx.err.text);
    return mta_pattern_read(spec_root(fx.document), &fx.arena, &fx.pattern, &fx.err);
}

static void done(void)
{
    mta_pattern_release(&fx.pattern);
    spec_document_free(&fx.document);
    arena_deinit(&fx.arena);
}

/* What the pattern makes of a line: "queue-id|recipient|text", a fact that is not there as "-", or
 * "no". */
static void expect(const char *text, const char *facts)
{
    char got[200] = "no";
    struct mta_line line;
    mta_line_init(&line, text);
    if (mta_pattern_fits(&fx.pattern, &line)) {
        struct slice one[MTA_FACT_COUNT];
        for (size_t i = 0; i < MTA_FACT_COUNT; i++)
            one[i] = line.facts[i].data != NULL ? line.facts[i] : SLICE("-");
        snprintf(got, sizeof got, "%.*s|%.*s|%.*s", SLICE_ARG(one[MTA_FACT_QUEUE_ID]),
                 SLICE_ARG(one[MTA_FACT_RECIPIENT]), SLICE_ARG(one[MTA_FACT_TEXT]));
    }
    mta_line_deinit(&line);
    ck_assert_msg(strcmp(got, facts) == 0, "%s: %s, not %s", text, got, facts);
}

START_TEST(test_groups_of_an_expression_are_the_facts)
{
    ck_assert_msg(load("{\"match\": \"id=([0-9]+)( to=([a-z]*))?\", \"status\": \"sent\", "
                       "\"queue-id\": 1, \"recipient\": 3}") == 0,
                  "%s", fx.err.text);
    ck_assert_str_eq(fx.pattern.status, "sent");
    ck_assert_str_eq(fx.pattern.literal, "id=");
    expect("id=7 to=bob", "7|bob|-");
    expect("id=7 to=", "7||-");
    expect("id=7", "7|-|-");
    expect("id=x", "no");
    done();
}
END_TEST

START_TEST(test_members_of_an_object_are_the_facts)
{
    ck_assert_msg(load("{\"json\": {\"event\": \"sent\", \"ok\": true}, \"status\": \"sent\", "
                       "\"queue-id\": \"id\", \"recipient\": \"to\", "
                       "\"text\": [\"reply\", \"reason\"]}") == 0,
                  "%s", fx.err.text);
    ck_assert_str_eq(fx.pattern.literal, "\"sent\"");
    expect("{\"event\":\"sent\",\"ok\":true,\"id\":\"7\",\"to\":\"bob\"}", "7|bob|-");
    expect("{\"to\": \"\", \"reason\": \"a\", \"reply\": \"b\", \"ok\": true, \"event\": \"sent\"}",
           "-||b");
    expect("{\"event\":\"sent\",\"ok\":true,\"reason\":\"a\"}", "-|-|a");
    /* As it was said, not as JSON writes it. */
    expect("{\"event\":\"sent\",\"ok\":true,\"reply\":\"no \\\"a\\\\b\\\"\"}", "-|-|no \"a\\b\"");
    expect("{\"event\":\"sent\",\"ok\":false}", "no");
    expect("{\"event\":\"sent\"}", "no");
    expect("{\"event\":\"other\",\"ok\":true,\"text\":\"sent\"}", "no");
    expect("{\"Event\":\"sent\",\"ok\":true}", "no");
    expect("[\"sent\"]", "no");
    expect("{\"event\":\"sent\",\"ok\":true", "no");
    expect("it is \"sent\"", "no");
    /* A number is no text. */
    expect("{\"event\":\"sent\",\"ok\":true,\"id\":7}", "-|-|-");
    done();
}
END_TEST

START_TEST(test_a_value_that_may_be_written_in_other_ways_is_not_looked_for)
{
    ck_assert_int_eq(load("{\"json\": {\"a\": \"x/y\", \"n\": 3}, \"status\": \"sent\"}"), 0);
    ck_assert_str_eq(fx.pattern.literal, "");
    expect("{\"a\":\"x\\/y\",\"n\":3}", "-|-|-");
    done();
    ck_assert_int_eq(load("{\"json\": {\"a\": \"ab\", \"b\": \"abc\"}, \"status\": \"sent\"}"), 0);
    ck_assert_str_eq(fx.pattern.literal, "\"abc\"");
    done();
}
END_TEST

START_TEST(test_mistakes_are_told_with_their_place)
{
    static const struct {
        const char *json;
        const char *error;
    } CASES[] = {
        {"{\"status\": \"sent\"}", "$: neither: a pattern has either \"match\""},
        {"{\"status\": \"sent\", \"match\": \"a\", \"json\": {\"a\": 1}}",
         "$: \"match\" and \"json\": a pattern has either"},
        {"{\"match\": \"a\"}", "$: \"status\" is missing"},
        {"{\"status\": \"sent\", \"mach\": \"a\"}", "$.mach: unknown key; did you mean \"match\"?"},
        {"{\"status\": \"sent\", \"match\": \"(\"}", "$.match: no regular expression: "},
        {"{\"status\": \"sent\", \"match\": \"(a)\", \"text\": 2}",
         "$.text: the expression has only 1 groups"},
        {"{\"status\": \"sent\", \"match\": \"a\", \"text\": \"reply\"}",
         "$.text: expected the number of a group of \"match\", found "},
        {"{\"status\": \"sent\", \"json\": \"a\"}", "$.json: expected an object of members"},
        {"{\"status\": \"sent\", \"json\": {}}", "$.json: expected an object of members"},
        {"{\"status\": \"sent\", \"json\": {\"a\": 1}, \"text\": 1}",
         "$.text: expected the name of a member of the line"},
        {"{\"status\": \"sent\", \"json\": {\"a\": 1}, \"text\": []}",
         "$.text: expected at least one text"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_msg(load(CASES[i].json) == -1, "%s", CASES[i].json);
        ck_assert_msg(strstr(fx.err.text, CASES[i].error) != NULL, "%s: %s", CASES[i].json,
                      fx.err.text);
        done();
    }
}
END_TEST

UNIT_MAIN(test_groups_of_an_expression_are_the_facts, test_members_of_an_object_are_the_facts,
          test_a_value_that_may_be_written_in_other_ways_is_not_looked_for,
          test_mistakes_are_told_with_their_place)
