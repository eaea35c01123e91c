/* Expectations about deliveries: what happened is told in words, and what did not fit, where. */
#include "tests/unit/sim/check/check_fixture.h"

#define DELIVERED \
    "[{\"to\":\"bob@a.test\",\"is\":\"delivered\",\"within\":\"2h\",\"attempts\":\"2..6\"}]"

static void greylisted(void)
{
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    try_rcpt("mx.a.test#1", 451, "4.7.1 greylisted");
    at(10 * TIME_MINUTE);
    deliver("mx.a.test#2", "");
}

START_TEST(test_a_delivery_after_a_deferral_counts_two_attempts)
{
    begin("bob@a.test", DELIVERED);
    greylisted();
    judge("settled");
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_str_eq(expectation(0)->actual, "delivered after 10m at mx.a.test");
    ck_assert_str_eq(expectation(0)->text, "to bob@a.test: delivered within 2h, 2 to 6 attempts");
    const struct check_delivery *d = fx.report->history->deliveries[0];
    ck_assert_uint_eq(d->attempt_count, 2);
    ck_assert_uint_eq(d->round_count, 2);
    ck_assert_int_eq(d->attempts[0].outcome, CHECK_ATTEMPT_DEFERRED);
    ck_assert_str_eq(d->attempts[0].stage, "rcpt");
    ck_assert_int_eq(d->attempts[0].code, 451);
    done();
}
END_TEST

START_TEST(test_too_few_attempts_are_told_with_session_and_event)
{
    begin("bob@a.test", DELIVERED);
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    deliver("mx.a.test#1", "");
    judge("settled");
    const struct check_result *result = expectation(0);
    ck_assert_int_eq(fx.report->verdict, CHECK_FAILED);
    ck_assert_int_eq(result->verdict, CHECK_FAILED);
    ck_assert_str_eq(result->expected, "2 to 6 attempts");
    ck_assert_str_eq(result->actual, "1 attempt");
    ck_assert_str_eq(result->session, "mx.a.test#1");
    ck_assert_str_eq(result->recipient, "bob@a.test");
    ck_assert_int_ge(result->seq, 0);
    done();
}
END_TEST

/* What the receiver found out about the sender, with its reason. */
static void judge_spf(const char *auth)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"spf\":\"pass\",\"dkim\":[\"pass\",\"none\"]}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    deliver("mx.a.test#1", auth);
    judge("settled");
}

START_TEST(test_results_at_the_receiver)
{
    judge_spf(",\"auth\":{\"spf\":{\"result\":\"pass\",\"reason\":\"x\"},"
              "\"dkim\":{\"result\":\"none\",\"reason\":\"y\"}}");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_str_eq(fx.report->history->deliveries[0]->copies[0].auth->reasons[CHECK_AUTH_DKIM],
                     "y");
    done();
    judge_spf(",\"auth\":{\"spf\":{\"result\":\"fail\",\"reason\":\"-all\"}}");
    ck_assert_str_eq(expectation(0)->expected, "SPF pass");
    ck_assert_str_eq(expectation(0)->actual, "SPF fail at mx.a.test: -all");
    done();
    judge_spf("");
    ck_assert_str_eq(expectation(0)->actual, "SPF was not looked at by mx.a.test");
    done();
}
END_TEST

START_TEST(test_a_late_delivery_is_told)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"within\":\"5m\"}]");
    greylisted();
    judge("settled");
    ck_assert_str_eq(expectation(0)->expected, "within 5m");
    ck_assert_str_eq(expectation(0)->actual, "delivered after 10m at mx.a.test");
    ck_assert_int_eq(expectation(0)->within_us, 5 * TIME_MINUTE);
    ck_assert_int_eq(expectation(0)->at_us, 10 * TIME_MINUTE);
    done();
}
END_TEST

START_TEST(test_a_delivery_may_come_too_early)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"not-before\":\"1h\"}]");
    greylisted();
    judge("settled");
    ck_assert_str_eq(expectation(0)->expected, "not before 1h");
    done();
}
END_TEST

START_TEST(test_what_is_still_queued_says_what_was_answered_last)
{
    begin("bob@a.test",
          "[{\"is\":\"delivered\"},{\"is\":\"queued\",\"reply\":\"451 *greylisted\"}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    try_rcpt("mx.a.test#1", 451, "4.7.1 greylisted");
    at(TIME_HOUR);
    judge("limit");
    ck_assert_str_eq(expectation(0)->actual, "still queued after 1h and 1 attempt, the last at "
                                             "mx.a.test: 451 4.7.1 greylisted");
    ck_assert_str_eq(expectation(0)->session, "mx.a.test#1");
    ck_assert_int_eq(expectation(1)->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_a_bounce_for_people_is_an_end_and_told)
{
    begin("bob@a.test", "[{\"is\":\"bounced\"},"
                        "{\"is\":\"bounced\",\"dsn\":{\"status\":\"5.*\"},\"level\":\"should\"}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    try_rcpt("mx.a.test#1", 550, "5.1.1 no such user");
    dns("sender.test", "inbox.sender.test", "198.18.9.9");
    connect_to("inbox.sender.test", "inbox.sender.test#1", "198.18.9.9");
    mail("inbox.sender.test#1", "");
    rcpt("inbox.sender.test#1", "news@sender.test", 250, "ok");
    data("inbox.sender.test#1");
    event("mx", "accepted",
          "\"session\":\"inbox.sender.test#1\",\"host\":\"inbox.sender.test\",\"from\":\"\","
          "\"to\":[\"news@sender.test\"],\"message\":\"\",\"dsn\":{\"form\":\"text\","
          "\"reporting-mta\":\"\",\"message\":\"m1\",\"recipients\":[{\"recipient\":"
          "\"bob@a.test\",\"original-recipient\":\"\",\"action\":\"failed\",\"status\":\"\","
          "\"diagnostic\":\"\",\"remote-mta\":\"\"}]}");
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_int_eq(invariant("bounce")->verdict, CHECK_PASSED);
    ck_assert(has_finding("bounce", "a text for people"));
    done();
}
END_TEST

START_TEST(test_a_bounce_is_an_end_with_its_fields)
{
    begin("bob@a.test",
          "[{\"is\":\"bounced\",\"within\":\"5m\",\"dsn\":{\"status\":\"5.1.*\",\"diagnostic\":"
          "\"*no such user*\",\"remote-mta\":\"mx.a.test\"},\"warnings\":0},"
          "{\"is\":\"bounced\",\"dsn\":{\"status\":\"4.*\"}}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    try_rcpt("mx.a.test#1", 550, "5.1.1 no such user");
    dns("sender.test", "inbox.sender.test", "198.18.9.9");
    bounce_to("inbox.sender.test#1", "", "news@sender.test", "failed");
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(1)->expected, "status 4.*");
    ck_assert_str_eq(expectation(1)->actual, "status 5.1.1");
    ck_assert_str_eq(expectation(1)->session, "inbox.sender.test#1");
    ck_assert_int_eq(invariant("bounce")->verdict, CHECK_PASSED);
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_a_warning_is_no_end)
{
    begin("bob@a.test", "[{\"is\":\"queued\",\"warnings\":1}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    try_rcpt("mx.a.test#1", 451, "later");
    dns("sender.test", "inbox.sender.test", "198.18.9.9");
    bounce_to("inbox.sender.test#1", "", "news@sender.test", "delayed");
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_what_was_never_handed_in_is_missed)
{
    begin("bob@a.test", "[{\"is\":\"delivered\"}]");
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(0)->actual, "never handed in to the server under test");
    done();
}
END_TEST

START_TEST(test_a_refused_submission_is_an_end)
{
    begin("bob@a.test",
          "[{\"is\":\"refused\"},{\"is\":[\"bounced\",\"refused\"]},{\"is\":\"delivered\"}]");
    event("submitter", "submit",
          "\"message\":\"m1\",\"from\":\"news@sender.test\",\"to\":"
          "[\"bob@a.test\"]");
    event("submitter", "refused",
          "\"message\":\"m1\",\"to\":[\"bob@a.test\"],\"stage\":\"rcpt\","
          "\"code\":554,\"text\":\"5.7.1 no relaying\"");
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_PASSED);
    ck_assert_str_eq(expectation(2)->actual,
                     "refused by the server under test: 554 5.7.1 no relaying");
    done();
}
END_TEST

START_TEST(test_a_host_that_closes_at_once_counts_for_who_waits)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"attempts\":2,\"tries\":3}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    /* Two tries right after each other are one attempt. */
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    reply("mx.a.test#1", "connect", 421, "4.3.2 too many connections");
    event("mx", "disconnect", "\"session\":\"mx.a.test#1\",\"by\":\"server\"");
    at(2 * TIME_SECOND);
    connect_to("mx.a.test", "mx.a.test#2", "198.18.1.1");
    event("mx", "disconnect", "\"session\":\"mx.a.test#2\",\"by\":\"reset\"");
    at(10 * TIME_MINUTE);
    deliver("mx.a.test#3", "");
    judge("settled");
    const struct check_delivery *d = fx.report->history->deliveries[0];
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_int_eq(d->attempts[0].code, 421);
    ck_assert_str_eq(d->attempts[0].stage, "connect");
    ck_assert_int_eq(d->attempts[1].outcome, CHECK_ATTEMPT_BROKEN);
    ck_assert(!d->attempts[1].first_of_round);
    done();
}
END_TEST

START_TEST(test_a_connection_lost_in_data_is_a_broken_attempt)
{
    begin("bob@a.test", "[{\"is\":\"queued\",\"attempts\":1}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    mail("mx.a.test#1", "news@sender.test");
    rcpt("mx.a.test#1", "bob@a.test", 250, "ok");
    data("mx.a.test#1");
    event("mx", "disconnect", "\"session\":\"mx.a.test#1\",\"by\":\"reset\"");
    judge("limit");
    const struct check_delivery *d = fx.report->history->deliveries[0];
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_str_eq(d->attempts[0].stage, "data-end");
    ck_assert_int_eq(d->attempts[0].outcome, CHECK_ATTEMPT_BROKEN);
    done();
}
END_TEST

START_TEST(test_a_refusal_at_the_end_of_data_is_one)
{
    begin("bob@a.test", "[{\"is\":\"queued\",\"reply\":\"452 full\"}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    mail("mx.a.test#1", "news@sender.test");
    rcpt("mx.a.test#1", "bob@a.test", 250, "ok");
    data("mx.a.test#1");
    reply("mx.a.test#1", "data-end", 452, "full");
    bye("mx.a.test#1");
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_uint_eq(fx.report->history->deliveries[0]->attempt_count, 1);
    done();
}
END_TEST

START_TEST(test_a_refusal_of_mail_counts_for_the_sender_s_messages)
{
    begin("bob@a.test", "[{\"is\":\"queued\",\"attempts\":1,\"reply\":\"451 not now\"}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    event("mx", "command",
          "\"session\":\"mx.a.test#1\",\"verb\":\"MAIL\",\"line\":\"MAIL "
          "FROM:<news@sender.test> SIZE=100\"");
    reply("mx.a.test#1", "mail", 451, "not now");
    bye("mx.a.test#1");
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_retry_spacing_is_judged_behind_the_right_replies)
{
    begin("bob@a.test", "[{\"retries\":{\"spacing\":\">=30m\"}},"
                        "{\"retries\":{\"spacing\":\">=30m\",\"after\":\"421\"}}]");
    greylisted();
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(0)->expected, "at least 30m between attempts");
    ck_assert_str_eq(expectation(0)->actual, "10m after the attempt at 0s (451 4.7.1 greylisted)");
    ck_assert_int_eq(expectation(1)->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_the_order_of_hosts_is_judged)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"hosts\":[\"mx0.a.test\",\"mx.a.test\"],"
                        "\"via\":\"mx.a.test\",\"attempts\":1},"
                        "{\"hosts\":[\"mx.a.test\"]}]");
    submit("bob@a.test");
    dns("a.test", "mx0.a.test", "198.18.1.9");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx0.a.test", "mx0.a.test#1", "198.18.1.9");
    event("mx", "disconnect", "\"session\":\"mx0.a.test#1\",\"by\":\"reset\"");
    deliver("mx.a.test#1", "");
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_str_eq(expectation(1)->expected, "tried at mx.a.test");
    ck_assert_str_eq(expectation(1)->actual, "tried at mx0.a.test, then mx.a.test");
    done();
}
END_TEST

START_TEST(test_tls_of_the_delivering_session_is_judged)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"tls\":{\"version\":\">=1.2\",\"identity\":"
                        "\"expired\"}},{\"tls\":false},{\"tls\":{\"version\":\"1.2\"}}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    event("mx", "tls",
          "\"session\":\"mx.a.test#1\",\"ok\":true,\"version\":\"TLSv1.3\",\"cipher\":"
          "\"TLS_AES_256_GCM_SHA384\",\"identity\":\"expired\"");
    mail("mx.a.test#1", "news@sender.test");
    rcpt("mx.a.test#1", "bob@a.test", 250, "ok");
    accepted("mx.a.test#1", "mx.a.test", "bob@a.test", ",\"tls\":\"TLSv1.3\"");
    bye("mx.a.test#1");
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_str_eq(expectation(1)->actual, "over TLSv1.3");
    ck_assert_str_eq(expectation(2)->actual, "TLSv1.3");
    done();
}
END_TEST

START_TEST(test_clear_text_after_broken_tls_is_one_attempt)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"tls\":false,\"attempts\":1,\"tries\":2}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    event("mx", "tls", "\"session\":\"mx.a.test#1\",\"ok\":false,\"error\":\"closed\"");
    event("mx", "disconnect", "\"session\":\"mx.a.test#1\",\"by\":\"client\"");
    deliver("mx.a.test#2", ",\"tls\":\"\"");
    judge("settled");
    ck_assert_msg(expectation(0)->verdict == CHECK_PASSED, "%s", expectation(0)->actual);
    ck_assert_str_eq(fx.report->history->deliveries[0]->attempts[0].stage, "tls");
    done();
}
END_TEST

START_TEST(test_a_share_is_of_all_recipients)
{
    static const char *const TO[] = {"user{1..4}@a.test"};
    begin("bob@a.test", "[{\"message\":\"m1\",\"is\":\"delivered\",\"share\":\">=50%\"},"
                        "{\"is\":\"delivered\",\"share\":\">=80%\"}]");
    fx.messages[0].to = TO;
    fx.messages[0].instances = 4;
    dns("a.test", "mx.a.test", "198.18.1.1");
    for (int i = 1; i <= 4; i++) {
        char to[32];
        char id[32];
        snprintf(to, sizeof to, "user%d@a.test", i);
        snprintf(id, sizeof id, "m1/%d", i);
        submit_as(id, "news@sender.test", to);
        if (i > 3)
            continue;
        connect_to("mx.a.test", id, "198.18.1.1");
        mail(id, "news@sender.test");
        rcpt(id, to, 250, "ok");
        event("mx", "accepted",
              "\"session\":\"%s\",\"host\":\"mx.a.test\",\"from\":"
              "\"news@sender.test\",\"to\":[\"%s\"],\"message\":\"%s\"",
              id, to, id);
        bye(id);
    }
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_str_eq(expectation(0)->actual, "so for 3 of 4 recipients");
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_str_eq(expectation(1)->actual, "75% of 4 recipients (3); the first other: "
                                             "user4@a.test still queued after 0s, never tried");
    ck_assert_uint_eq(expectation(1)->judged, 4);
    ck_assert_uint_eq(expectation(1)->count, 1);
    done();
}
END_TEST

START_TEST(test_mail_of_a_command_is_heard_of_at_the_hosts)
{
    begin("bob@a.test", "[{\"to\":\"bob@a.test\",\"is\":\"delivered\",\"attempts\":2},{\"to\":"
                        "\"ann@a.test\",\"is\":\"delivered\"}]");
    fx.scenario.message_count = 0;
    dns("a.test", "mx.a.test", "198.18.1.1");
    try_rcpt("mx.a.test#1", 451, "4.7.1 greylisted");
    at(10 * TIME_MINUTE);
    connect_to("mx.a.test", "mx.a.test#2", "198.18.1.1");
    mail("mx.a.test#2", "news@sender.test");
    rcpt("mx.a.test#2", "bob@a.test", 250, "ok");
    event("mx", "accepted",
          "\"session\":\"mx.a.test#2\",\"host\":\"mx.a.test\",\"from\":"
          "\"news@sender.test\",\"to\":[\"bob@a.test\"],\"message\":\"\"");
    bye("mx.a.test#2");
    judge("command");
    ck_assert_msg(expectation(0)->verdict == CHECK_PASSED, "%s", expectation(0)->actual);
    ck_assert_str_eq(expectation(1)->actual, "no such message was sent");
    ck_assert(!has_finding("unasked", ""));
    done();
}
END_TEST

START_TEST(test_levels_decide_the_verdict)
{
    begin("bob@a.test", "[{\"is\":\"bounced\",\"level\":\"should\"},{\"is\":\"queued\",\"level\":"
                        "\"info\"}]");
    greylisted();
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_FAILED);
    ck_assert_int_eq(expectation(1)->verdict, CHECK_FAILED);
    ck_assert_int_eq(fx.report->verdict, CHECK_WARNED);
    done();
}
END_TEST

START_TEST(test_letters_of_clients_are_chosen_like_messages)
{
    begin("bob@a.test", "[{\"message\":\"order\",\"is\":\"refused\"},"
                        "{\"message\":\"m1\",\"is\":\"queued\"}]");
    submit("bob@a.test");
    event("submitter", "submit",
          "\"message\":\"order\",\"from\":\"a@b.test\",\"to\":[\"ann@a.test\"],"
          "\"client\":\"shop\"");
    event("submitter", "refused",
          "\"message\":\"order\",\"from\":\"a@b.test\",\"to\":[\"ann@a.test\"],"
          "\"client\":\"shop\",\"stage\":\"data-end\",\"code\":554,\"text\":\"no\"");
    judge("limit");
    ck_assert_int_eq(fx.report->expectations[0].verdict, CHECK_PASSED);
    ck_assert_int_eq(fx.report->expectations[1].verdict, CHECK_PASSED);
    done();
}
END_TEST

/* RFC 2033 4.2: behind the content each recipient has a reply of its own. */
START_TEST(test_in_lmtp_a_refusal_is_of_one_recipient)
{
    begin("bob@a.test",
          "[{\"to\":\"bob@a.test\",\"is\":\"delivered\",\"attempts\":2,\"copies\":1}]");
    submit("bob@a.test");
    submit_as("m2", "news@sender.test", "ann@a.test");
    for (int round = 0; round < 2; round++) {
        const char *session = round == 0 ? "mx.a.test#1" : "mx.a.test#2";
        at(round * TIME_HOUR);
        event("mx", "connect",
              "\"session\":\"%s\",\"host\":\"mx.a.test\",\"server\":\"198.18.1.1\",\"port\":24",
              session);
        mail(session, "news@sender.test");
        if (round == 0)
            rcpt(session, "ann@a.test", 250, "ok");
        rcpt(session, "bob@a.test", 250, "ok");
        data(session);
        event("mx", "reply",
              "\"session\":\"%s\",\"stage\":\"data-end\",\"code\":%d,\"text\":\"full\","
              "\"recipient\":\"bob@a.test\"",
              session, round == 0 ? 452 : 250);
        event("mx", "accepted",
              "\"session\":\"%s\",\"host\":\"mx.a.test\",\"from\":\"news@sender.test\","
              "\"to\":[\"%s\"],\"message\":\"%s\"",
              session, round == 0 ? "ann@a.test" : "bob@a.test", round == 0 ? "m2" : "m1");
        bye(session);
    }
    judge("settled");
    ck_assert_int_eq(fx.report->expectations[0].verdict, CHECK_PASSED);
    ck_assert_uint_eq(fx.report->history->deliveries[1]->round_count, 1);
    /* No MX record leads there. */
    ck_assert_int_eq(invariant("right-host")->verdict, CHECK_PASSED);
    done();
}
END_TEST

UNIT_MAIN(test_in_lmtp_a_refusal_is_of_one_recipient,
          test_letters_of_clients_are_chosen_like_messages,
          test_a_delivery_after_a_deferral_counts_two_attempts,
          test_too_few_attempts_are_told_with_session_and_event, test_a_late_delivery_is_told,
          test_results_at_the_receiver, test_a_delivery_may_come_too_early,
          test_what_is_still_queued_says_what_was_answered_last,
          test_a_bounce_is_an_end_with_its_fields, test_a_bounce_for_people_is_an_end_and_told,
          test_a_warning_is_no_end, test_what_was_never_handed_in_is_missed,
          test_a_refused_submission_is_an_end, test_a_host_that_closes_at_once_counts_for_who_waits,
          test_a_connection_lost_in_data_is_a_broken_attempt,
          test_a_refusal_at_the_end_of_data_is_one,
          test_a_refusal_of_mail_counts_for_the_sender_s_messages,
          test_retry_spacing_is_judged_behind_the_right_replies, test_the_order_of_hosts_is_judged,
          test_tls_of_the_delivering_session_is_judged,
          test_clear_text_after_broken_tls_is_one_attempt, test_a_share_is_of_all_recipients,
          test_mail_of_a_command_is_heard_of_at_the_hosts, test_levels_decide_the_verdict)
