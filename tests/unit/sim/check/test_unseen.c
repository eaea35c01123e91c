/* Mail of a command of `exec`, which is first heard of at the hosts: which message is which. */
#include "tests/unit/sim/check/check_fixture.h"

static void begin_unseen(const char *expect)
{
    begin("bob@a.test", expect);
    unseen();
    dns("a.test", "mx.a.test", "198.18.1.1");
}

START_TEST(test_messages_with_ids_of_their_own_are_no_copies)
{
    begin_unseen("[{\"to\":\"bob@a.test\",\"is\":\"delivered\"}]");
    deliver_unseen("mx.a.test#1", "<1@x.test>", "");
    deliver_unseen("mx.a.test#2", "<2@x.test>", "");
    deliver_unseen("mx.a.test#3", "<3@x.test>", "");
    judge("command");
    ck_assert_uint_eq(fx.report->history->delivery_count, 3);
    ck_assert_str_eq(fx.report->history->deliveries[1]->message, "<2@x.test>");
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_the_same_id_twice_is_a_duplicate_and_is_named)
{
    begin_unseen("[]");
    deliver_unseen("mx.a.test#1", "<1@x.test>", "");
    deliver_unseen("mx.a.test#2", "<2@x.test>", "");
    at(TIME_MINUTE);
    deliver_unseen("mx.a.test#3", "<2@x.test>", "");
    judge("command");
    const struct check_result *result = invariant("no-duplicate");
    ck_assert_int_eq(result->verdict, CHECK_FAILED);
    ck_assert_str_eq(result->message, "<2@x.test>");
    ck_assert_str_eq(result->session, "mx.a.test#3");
    done();
}
END_TEST

START_TEST(test_the_same_id_after_a_lost_reply_is_explained)
{
    begin_unseen("[]");
    deliver_unseen("mx.a.test#1", "<1@x.test>", ",\"reply-sent\":false");
    at(TIME_MINUTE);
    deliver_unseen("mx.a.test#2", "<1@x.test>", "");
    judge("command");
    ck_assert_int_eq(invariant("no-duplicate")->verdict, CHECK_PASSED);
    ck_assert_uint_eq(fx.report->history->delivery_count, 1);
    done();
}
END_TEST

START_TEST(test_without_ids_equal_mail_is_not_taken_for_copies)
{
    begin_unseen("[]");
    deliver_unseen("mx.a.test#1", "", "");
    deliver_unseen("mx.a.test#2", "", ",\"reply-sent\":false");
    at(TIME_MINUTE);
    deliver_unseen("mx.a.test#3", "", "");
    judge("command");
    ck_assert_int_eq(invariant("no-duplicate")->verdict, CHECK_PASSED);
    ck_assert_uint_eq(fx.report->history->delivery_count, 2);
    done();
}
END_TEST

START_TEST(test_refusals_of_one_moment_are_of_several_messages)
{
    begin_unseen("[{\"to\":\"bob@a.test\",\"is\":\"delivered\",\"attempts\":\"2\"}]");
    try_rcpt("mx.a.test#1", 451, "4.7.1 greylisted");
    try_rcpt("mx.a.test#2", 451, "4.7.1 greylisted");
    at(10 * TIME_MINUTE);
    deliver_unseen("mx.a.test#3", "<1@x.test>", "");
    deliver_unseen("mx.a.test#4", "<2@x.test>", "");
    judge("command");
    ck_assert_uint_eq(fx.report->history->delivery_count, 2);
    ck_assert_msg(expectation(0)->verdict == CHECK_PASSED, "%s", expectation(0)->actual);
    done();
}
END_TEST

START_TEST(test_mail_that_follows_what_was_delivered_is_another_message)
{
    begin_unseen("[]");
    deliver_unseen("mx.a.test#1", "<1@x.test>", "");
    at(TIME_MINUTE);
    try_rcpt("mx.a.test#2", 550, "5.1.1 no such user");
    bounce_to("inbox.sender.test#1", "", "news@sender.test", "failed");
    judge("command");
    const struct check_history *h = fx.report->history;
    ck_assert_uint_eq(h->delivery_count, 2);
    ck_assert_int_eq(check_delivery_end(h->deliveries[0]), CHECK_DELIVERED);
    ck_assert_int_eq(check_delivery_end(h->deliveries[1]), CHECK_BOUNCED);
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_PASSED);
    done();
}
END_TEST

/* Mail of "clients", which has a name, beside mail that has none. */
START_TEST(test_a_letter_of_a_client_is_told_by_its_name)
{
    begin_unseen("[{\"message\":\"m1\",\"is\":\"delivered\",\"attempts\":\"2\"}]");
    event("submitter", "submit",
          "\"message\":\"m1\",\"from\":\"news@sender.test\",\"to\":[\"bob@a.test\"],"
          "\"client\":\"shop\"");
    event("submitter", "accepted",
          "\"message\":\"m1\",\"from\":\"news@sender.test\",\"to\":[\"bob@a.test\"],"
          "\"client\":\"shop\"");
    deliver_unseen("mx.a.test#1", "<2@x.test>", "");
    at(TIME_MINUTE);
    try_rcpt("mx.a.test#2", 450, "4.2.0 later");
    at(TIME_HOUR);
    deliver("mx.a.test#3", "");
    judge("settled");
    const struct check_history *h = fx.report->history;
    ck_assert_uint_eq(h->delivery_count, 2);
    ck_assert_str_eq(h->deliveries[0]->message, "m1");
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    done();
}
END_TEST

UNIT_MAIN(test_a_letter_of_a_client_is_told_by_its_name,
          test_messages_with_ids_of_their_own_are_no_copies,
          test_the_same_id_twice_is_a_duplicate_and_is_named,
          test_the_same_id_after_a_lost_reply_is_explained,
          test_without_ids_equal_mail_is_not_taken_for_copies,
          test_refusals_of_one_moment_are_of_several_messages,
          test_mail_that_follows_what_was_delivered_is_another_message)
