/* Words in expectations that nothing ever says. */
#include "tests/unit/sim/scenario/bad_fixture.h"

#define EXPECT(what) "{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{" what "}]}"

START_TEST(test_words_that_nothing_ever_says)
{
    static const struct bad CASES[] = {
        {EXPECT("\"placement\":\"inobx\""),
         "x.json:1: $.expect[0].placement: \"inobx\": no such placement; did you mean \"inbox\"?"},
        {EXPECT("\"spf\":[\"pass\",\"sotfail\"]"),
         "x.json:1: $.expect[0].spf[1]: \"sotfail\": no such result; did you mean \"softfail\"?"},
        {EXPECT("\"iprev\":[\"!none\"]"),
         "x.json:1: $.expect[0].iprev[0]: \"!none\": no such result; known are: pass, fail, "
         "temperror, permerror"},
        {EXPECT("\"transfer\":\"bdta\""),
         "x.json:1: $.expect[0].transfer: \"bdta\": no such transfer; did you mean \"bdat\"?"},
        {EXPECT("\"tls\":{\"identity\":\"expird\"}"),
         "x.json:1: $.expect[0].tls.identity: \"expird\": no such identity; did you mean "
         "\"expired\"?"},
        {EXPECT("\"via\":[\"mx.*\",\"mx.bigmial.test\"]"),
         "x.json:1: $.expect[0].via[1]: there is no host \"mx.bigmial.test\""},
        {EXPECT("\"retries\":{\"spacing\":\"5m..\",\"after\":\"42\"}"),
         "x.json:1: $.expect[0].retries.after: expected a reply code like \"421\", or a pattern "
         "like "
         "\"4*\", found \"42\""},
        {EXPECT("\"dsn\":{\"status\":\"5\"}"),
         "x.json:1: $.expect[0].dsn.status: expected a status like \"5.1.1\", or a pattern like "
         "\"5.*\", found \"5\""},
        {EXPECT("\"query\":\"bigmail.test\",\"type\":\"TSLA\",\"count\":0"),
         "x.json:1: $.expect[0].type: expected a type of DNS records like \"MX\" or \"TLSA\", "
         "found "
         "\"TSLA\""},
        {"{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{\"provider\":\"b\"}}," BOB
         ",\"providers\":{\"b\":{\"rules\":[{\"needs\":\"spf\",\"then\":\"junk\"}]}},"
         "\"expect\":[{\"provider\":\"b\",\"reason\":\"allowance\",\"count\":0}]}",
         "x.json:1: $.expect[0].reason: \"allowance\": no such reason; known are: over-allowance, "
         "blocked, reputation, spf"},
        {EXPECT("\"ends\":\"setled\""),
         "x.json:1: $.expect[0].ends: \"setled\": no such end; did you mean \"settled\"?"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_words_that_may_be_said)
{
    load_one(EXPECT(
        "\"placement\":[\"!junk\"],\"spf\":[\"!fail\",\"pass\"],\"dkim\":\"/^p/"
        "\",\"transfer\":\"?dat\","
        "\"tls\":{\"identity\":\"*\"},\"via\":\"MX.bigmail.test\",\"dsn\":{\"status\":\"5.*\"},"
        "\"retries\":{\"spacing\":\"5m..\",\"after\":[\"4*\",\"421\"]}"));
    done();
    load_one(EXPECT("\"query\":\"bigmail.test\",\"type\":[\"mx\",\"TYPE65280\"]"));
    done();
}
END_TEST

UNIT_MAIN(test_words_that_nothing_ever_says, test_words_that_may_be_said)
