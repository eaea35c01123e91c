/* What can never be, though each part by itself is right. */
#include "tests/unit/sim/scenario/scenario_fixture.h"

#define WORLD(messages, rules, expect)                                  \
    "{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{\"rules\":[" rules \
    "]}},\"messages\":[" messages "],\n\"expect\":[" expect "]}"
#define TO(address) "{\"id\":\"m\",\"to\":\"" address "\"}"
#define RULE(when) "{\"at\":\"rcpt\",\"when\":{" when "},\"then\":{\"reply\":\"450 4.2.0 no\"}}"
#define BOB TO("bob@bigmail.test")
#define BOB_IS(what) "{\"to\":\"bob@bigmail.test\"," what "}"

/* The text begins with the error's place and says the words. */
static void check_error(const char *text, const char *place, const char *words)
{
    const char *error = error_of(text);
    ck_assert_msg(strncmp(error, place, strlen(place)) == 0, "%s", error);
    ck_assert_msg(strstr(error, words) != NULL, "%s", error);
    fx.count = 0;
    done();
}

START_TEST(test_two_expectations_that_cannot_both_hold)
{
    static const struct {
        const char *expect;
        const char *words;
    } CASES[] = {
        {BOB_IS("\"is\":\"delivered\"") ",\n" BOB_IS("\"is\":\"bounced\""),
         "can never hold beside "},
        {BOB_IS("\"is\":\"delivered\"") ",\n{\"message\":\"m\",\"is\":[\"bounced\",\"queued\"]}",
         "expects another end, and a recipient has one (message \"m\" to bob@bigmail.test)"},
        {BOB_IS("\"attempts\":\"..2\"") ",\n" BOB_IS("\"attempts\":\"3..\""),
         "another number of \"attempts\""},
        {BOB_IS("\"copies\":1") ",\n" BOB_IS("\"copies\":2"), "another number of \"copies\""},
        {BOB_IS("\"within\":\"1h\"") ",\n" BOB_IS("\"not-before\":\"2h\""), "not before"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{}},\"messages\":[" BOB
                 "],\"expect\":[%s]}",
                 CASES[i].expect);
        check_error(text, "x.json:2: $.expect[1]: ", CASES[i].words);
    }
}
END_TEST

START_TEST(test_expectations_that_may_differ)
{
    static const char *const CASES[] = {
        BOB_IS("\"is\":\"delivered\"") "," BOB_IS("\"is\":\"bounced\",\"level\":\"info\""),
        BOB_IS("\"is\":\"delivered\",\"share\":\"50%\"") "," BOB_IS(
            "\"is\":\"bounced\",\"share\":\"50%\""),
        BOB_IS("\"is\":[\"delivered\",\"bounced\"]") "," BOB_IS("\"is\":\"bounced\""),
        BOB_IS("\"attempts\":\"..3\"") "," BOB_IS("\"attempts\":\"3..\""),
        BOB_IS("\"is\":\"delivered\"") ",{\"to\":\"ann@bigmail.test\",\"is\":\"bounced\"}",
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{}},\"messages\":[" BOB
                 ",{\"to\":\"ann@bigmail.test\"}],\"expect\":[%s]}",
                 CASES[i]);
        load_one(text);
        done();
    }
}
END_TEST

START_TEST(test_one_expectation_that_cannot_hold)
{
    check_error(WORLD(BOB, "", BOB_IS("\"is\":\"delivered\",\"copies\":0")),
                "x.json:2: $.expect[0]: ", "at least one attempt and one copy");
    check_error(WORLD(BOB, "", BOB_IS("\"attempts\":\"..-1\"")),
                "x.json:2: $.expect[0].attempts: ", "a count is never below 0");
}
END_TEST

START_TEST(test_lists_of_addresses_that_never_match)
{
    check_error(WORLD(BOB, RULE("\"recipient\":\"bob\""), ""),
                "x.json:1: $.hosts[\"mx.bigmail.test\"].rules[0].when.recipient: ",
                "\"bob\" never matches: an address has an \"@\"; \"bob@*\" is bob at any domain");
    check_error(WORLD(BOB, RULE("\"sender\":[\"<>\",\"news\"]"), ""),
                "x.json:1: $.hosts[\"mx.bigmail.test\"].rules[0].when.sender[1]: ",
                "\"news\" never matches");
    check_error(WORLD(BOB, RULE("\"recipient\":[\"bob@a.test\",\"!*@a.test\"]"), ""),
                "x.json:1: $.hosts[\"mx.bigmail.test\"].rules[0].when.recipient[0]: ",
                "\"bob@a.test\" never matches: \"!*@a.test\" of the same list takes it out");
    load_one(WORLD(BOB, RULE("\"recipient\":[\"b*@a.test\",\"!b?b@a.test\",\"postmaster\"]"), ""));
    done();
}
END_TEST

/* The note that stands at the place, or NULL. */
static const char *note_at(const struct scenario *scenario, const char *path)
{
    for (size_t i = 0; i < scenario->finding_count; i++) {
        if (strstr(scenario->findings[i].place, path) != NULL)
            return scenario->findings[i].text;
    }
    return NULL;
}

START_TEST(test_a_rule_for_an_address_that_is_nearly_one_of_a_message)
{
    static const char PATH[] = "x.json:1: $.hosts[\"mx.bigmail.test\"].rules[0].when.recipient";
    const struct scenario *s = load_one(WORLD(BOB, RULE("\"recipient\":\"bbo@bigmail.test\""), ""));
    ck_assert_ptr_nonnull(note_at(s, PATH));
    ck_assert_str_eq(note_at(s, PATH), "no message is to \"bbo@bigmail.test\"; did you mean "
                                       "\"bob@bigmail.test\"?");
    done();
    s = load_one(WORLD(TO("u{1..9}@bigmail.test"), RULE("\"recipient\":\"u7@bigmail.test\""), ""));
    ck_assert_ptr_null(note_at(s, PATH));
    done();
}
END_TEST

START_TEST(test_a_mistyped_domain_of_a_recipient_is_told_at_the_message)
{
    check_error(WORLD(TO("bob@bigmial.test"), "", ""), "x.json:1: $.messages[0].to: ",
                "no host and no zone is there for bigmial.test; did you mean bigmail.test?");
    check_error(WORLD(BOB "," TO("ann@bigmial.test"), "", ""), "x.json:1: $.messages[1]", "");
    check_error(WORLD(BOB ",{\"to\":[\"bob@bigmail.test\",\"ann@bigmial.test\"]}", "", ""),
                "x.json:1: $.messages[1].to[1]: ", "did you mean bigmail.test?");
    /* What is about a domain that is not there says so. */
    load_one(WORLD(BOB ",{\"to\":\"ann@bigmial.test\"}", "",
                   "{\"to\":\"ann@bigmial.test\",\"is\":\"bounced\"}"));
    done();
}
END_TEST

UNIT_MAIN(test_two_expectations_that_cannot_both_hold, test_expectations_that_may_differ,
          test_one_expectation_that_cannot_hold, test_lists_of_addresses_that_never_match,
          test_a_rule_for_an_address_that_is_nearly_one_of_a_message,
          test_a_mistyped_domain_of_a_recipient_is_told_at_the_message)
