/* Expectations about hosts, DNS, the server's log and the end of the run. */
#include "tests/unit/sim/check/check_fixture.h"

/* Five deliveries, a minute apart, the last two at the same moment. */
static void five(void)
{
    static const int64_t MINUTES[] = {0, 1, 2, 3, 3};
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    for (int i = 0; i < 5; i++) {
        char session[32];
        snprintf(session, sizeof session, "mx.a.test#%d", i + 1);
        at(MINUTES[i] * TIME_MINUTE);
        connect_to("mx.a.test", session, "198.18.1.1");
        mail(session, "news@sender.test");
        rcpt(session, "bob@a.test", 250, "ok");
        event("mx", "rule",
              "\"session\":\"%s\",\"host\":\"mx.a.test\",\"stage\":\"rcpt\",\"rule\":"
              "\"busy\"",
              session);
        if (i < 4)
            continue;
        for (int k = 0; k < 5; k++) {
            snprintf(session, sizeof session, "mx.a.test#%d", k + 1);
            bye(session);
        }
    }
}

START_TEST(test_a_rate_in_a_sliding_window)
{
    begin("bob@a.test", "[{\"host\":\"mx.a.test\",\"rate\":\"<=2/1m\"},"
                        "{\"host\":\"mx.a.test\",\"rate\":\"1/1m\"},"
                        "{\"host\":\"mx.a.test\",\"rate\":\"<=2/90s\",\"of\":\"connections\"}]");
    five();
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_str_eq(expectation(0)->actual, "up to 2 messages in 1m");
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(1)->expected, "at most 1 message in any 1m");
    ck_assert_str_eq(expectation(1)->session, "mx.a.test#5");
    ck_assert_int_eq(expectation(1)->at_us, 3 * TIME_MINUTE);
    ck_assert_int_eq(expectation(2)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(2)->actual, "up to 3 connections in 1m30s");
    done();
}
END_TEST

START_TEST(test_counts_and_windows)
{
    begin("bob@a.test", "[{\"host\":\"mx.a.test\",\"connections\":5,\"messages\":\"5\","
                        "\"accepted\":0},"
                        "{\"host\":\"mx.a.test\",\"connections\":\"..1\",\"during\":\"90s..1h\"},"
                        "{\"host\":\"*.a.test\",\"recipients\":\"6..\"}]");
    five();
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(1)->actual, "3 connections");
    ck_assert_str_eq(expectation(1)->session, "mx.a.test#4");
    ck_assert_str_eq(expectation(2)->actual, "5 recipients");
    done();
}
END_TEST

START_TEST(test_connections_at_the_same_time)
{
    begin("bob@a.test", "[{\"host\":\"mx.a.test\",\"concurrency\":\"<=5\"},"
                        "{\"host\":\"mx.a.test\",\"concurrency\":\"<=4\"}]");
    five();
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(1)->actual, "up to 5 connections at the same time");
    ck_assert_str_eq(expectation(1)->session, "mx.a.test#5");
    done();
}
END_TEST

START_TEST(test_rules_that_fired)
{
    begin("bob@a.test", "[{\"host\":\"mx.a.test\",\"rule\":\"busy\",\"fired\":\"5\"},"
                        "{\"host\":\"mx.a.test\",\"rule\":\"busy\",\"fired\":\"..3\"},"
                        "{\"host\":\"mx.a.test\",\"rule\":\"other\"}]");
    five();
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(1)->session, "mx.a.test#4");
    ck_assert_str_eq(expectation(2)->expected, "rule \"other\" fires at least 1 time");
    ck_assert_str_eq(expectation(2)->actual, "it fired 0 times");
    done();
}
END_TEST

START_TEST(test_queries_are_counted)
{
    begin("bob@a.test", "[{\"query\":\"a.test\",\"type\":\"MX\",\"count\":1},"
                        "{\"query\":\"*.a.test\",\"count\":\"..0\"}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(1)->actual, "1 time");
    ck_assert_int_ge(expectation(1)->seq, 0);
    done();
}
END_TEST

START_TEST(test_lines_of_the_server_s_log)
{
    begin("bob@a.test", "[{\"log\":\"*timed out*\",\"status\":\"deferred\",\"to\":\"bob@a.test\"},"
                        "{\"log\":\"*refused*\"}]");
    submit("bob@a.test");
    event("mta", "log",
          "\"recipient\":\"bob@a.test\",\"status\":\"deferred\",\"text\":\"connection "
          "timed out\"");
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    done();
}
END_TEST

START_TEST(test_the_end_of_the_run)
{
    begin("bob@a.test", "[{\"ends\":\"settled\",\"within\":\"1h\"},{\"ends\":\"limit\"},"
                        "{\"ends\":\"*\",\"within\":\"1m\"}]");
    at(10 * TIME_MINUTE);
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(1)->actual, "settled after 10m");
    ck_assert_int_eq(expectation(2)->verdict, CHECK_FAILED);
    done();
}
END_TEST

UNIT_MAIN(test_a_rate_in_a_sliding_window, test_counts_and_windows,
          test_connections_at_the_same_time, test_rules_that_fired, test_queries_are_counted,
          test_lines_of_the_server_s_log, test_the_end_of_the_run)
