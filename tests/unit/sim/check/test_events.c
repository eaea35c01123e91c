/* Expectations of any event of the log. */
#include "tests/unit/sim/check/check_fixture.h"

static enum check_verdict verdict_of(const char *expect)
{
    begin("bob@a.test", expect);
    at(TIME_HOUR);
    event("policy", "request", "\"host\":\"mta-sts.a.test\",\"status\":200,\"ok\":true");
    event("policy", "request", "\"host\":\"mta-sts.b.test\",\"status\":404,\"ok\":false");
    event("mx", "tls", "\"results\":[\"one\",\"two\"],\"auth\":{\"spf\":{\"result\":\"pass\"}}");
    judge("settled");
    enum check_verdict verdict = fx.report->expectations[0].verdict;
    done();
    return verdict;
}

START_TEST(test_events_are_counted_by_their_facts)
{
    static const struct {
        const char *expect;
        enum check_verdict verdict;
    } CASES[] = {
        {"[{\"event\":\"policy request\"}]", CHECK_PASSED},
        {"[{\"event\":\"policy *\",\"count\":2}]", CHECK_PASSED},
        {"[{\"event\":\"policy report\"}]", CHECK_FAILED},
        {"[{\"event\":\"policy request\",\"with\":{\"host\":\"mta-sts.a.*\"},\"count\":1}]",
         CHECK_PASSED},
        {"[{\"event\":\"policy request\",\"with\":{\"status\":200},\"count\":1}]", CHECK_PASSED},
        {"[{\"event\":\"policy request\",\"with\":{\"status\":\"400..499\"},\"count\":1}]",
         CHECK_PASSED},
        {"[{\"event\":\"policy request\",\"with\":{\"status\":500}}]", CHECK_FAILED},
        {"[{\"event\":\"policy request\",\"with\":{\"ok\":true,\"status\":404}}]", CHECK_FAILED},
        {"[{\"event\":\"policy request\",\"with\":{\"ok\":false,\"status\":404}}]", CHECK_PASSED},
        {"[{\"event\":\"mx tls\",\"with\":{\"results\":\"two\"}}]", CHECK_PASSED},
        {"[{\"event\":\"mx tls\",\"with\":{\"results\":\"three\"}}]", CHECK_FAILED},
        {"[{\"event\":\"mx tls\",\"with\":{\"auth.spf.result\":\"pass\"}}]", CHECK_PASSED},
        {"[{\"event\":\"mx tls\",\"with\":{\"auth.dkim.result\":\"pass\"}}]", CHECK_FAILED},
        {"[{\"event\":\"policy *\",\"during\":\"..30m\",\"count\":0}]", CHECK_PASSED},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        ck_assert_msg(verdict_of(CASES[i].expect) == CASES[i].verdict, "%s", CASES[i].expect);
}
END_TEST

UNIT_MAIN(test_events_are_counted_by_their_facts)
