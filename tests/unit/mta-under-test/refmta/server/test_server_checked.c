/* The policy at RCPT and on the content, in a session whose DNS is the test. */
#include "mta-under-test/refmta/server/server_session.h"

#include "tests/unit/mta-under-test/refmta/server/server_stand.h"

#define STRANGER "203.0.113.9"

/* SPF says yes to STRANGER for good.test, and no for bad.test; there is nothing else. */
static void answer(const struct check_question *question)
{
    bool is_good = strcmp(question->name, "good.test") == 0;
    bool found = question->type == 16 && (is_good || strcmp(question->name, "bad.test") == 0);
    const struct check_record record = {.text = is_good ? SLICE("v=spf1 ip4:" STRANGER " -all")
                                                        : SLICE("v=spf1 -all")};
    check_answer(session.check, question, found ? CHECK_FOUND : CHECK_NO_NAME, &record, found);
}

/* Returns how many questions it took. */
static unsigned run_check(enum server_event *event)
{
    struct check_question question;
    unsigned asked = 0;
    while (!check_run(session.check))
        for (; check_next_question(session.check, &question); asked++)
            answer(&question);
    *event = server_session_checked(&session);
    return asked;
}

static void greet(const char *checks)
{
    char *keys = mem_text_format(", \"checks\": [%s]", checks);
    start_with(STRANGER, keys);
    free(keys);
    ck_assert_int_eq(say("EHLO c.test\r\n"), SERVER_EVENT_NONE);
    buf_reset(&session.out);
}

#define SPF_AND_GREYLIST                                                  \
    "{\"check\": \"spf\", \"action\": \"reject\"},"                       \
    "{\"check\": \"spf\", \"when\": [\"pass\"], \"action\": \"accept\"}," \
    "{\"check\": \"greylist\", \"action\": \"defer\"}"

START_TEST(a_recipient_waits_for_dns_and_the_next_does_not)
{
    enum server_event event;
    greet(SPF_AND_GREYLIST);
    /* All at once: nothing behind the RCPT is read before it is answered (RFC 2920). */
    ck_assert_int_eq(say("MAIL FROM:<a@bad.test>\r\nRCPT TO:<b@partner.test>\r\n"
                         "RCPT TO:<c@partner.test>\r\nDATA\r\n"),
                     SERVER_EVENT_CHECK);
    ck_assert_int_eq(session.state, SERVER_STATE_SCREENING);
    expect("250 2.1.0 OK\n");
    ck_assert_uint_gt(run_check(&event), 0);
    ck_assert_int_eq(event, SERVER_EVENT_NONE);
    expect("550 5.7.23 refused by policy: spf is \"fail\"\n");
    ck_assert_int_eq(say(""), SERVER_EVENT_NONE);
    expect("550 5.7.23 refused by policy: spf is \"fail\"\n554 5.5.1 no valid recipients\n");
    stop();
}
END_TEST

START_TEST(one_recipient_is_deferred_and_the_other_gets_the_mail)
{
    greet("{\"check\": \"greylist\", \"delay\": \"5m\", \"action\": \"defer\"}");
    /* As if it had come before. */
    struct greylist_visit visit = {.client = slice_from("\313\0\161\11", 4),
                                   .sender = "a@a.test",
                                   .recipient = "b@partner.test"};
    ck_assert_int_eq(greylist_visit(&memory.greylist, &visit, 0, 1), GREYLIST_NEW);
    ck_assert_int_eq(greylist_visit(&memory.greylist, &visit, 0, 2), GREYLIST_KNOWN);
    ck_assert_int_eq(say("MAIL FROM:<a@a.test>\r\nRCPT TO:<b@partner.test>\r\n"
                         "RCPT TO:<c@partner.test>\r\nDATA\r\n"),
                     SERVER_EVENT_NONE);
    expect("250 2.1.0 OK\n250 2.1.5 OK\n"
           "451 4.7.1 refused by policy: greylist is \"new\", try again later\n354 *\n");
    ck_assert_uint_eq(session.error_count, 0);
    enum server_event event;
    ck_assert_int_eq(say("Subject: x\r\n\r\nx\r\n.\r\n"), SERVER_EVENT_CHECK);
    run_check(&event);
    ck_assert_int_eq(event, SERVER_EVENT_MESSAGE);
    ck_assert_uint_eq(session.envelope.recipient_count, 1);
    ck_assert_str_eq(session.envelope.recipients[0].address, "b@partner.test");
    stop();
}
END_TEST

START_TEST(what_was_asked_at_rcpt_is_told_once_with_the_rest)
{
    enum server_event event;
    greet(SPF_AND_GREYLIST ", {\"check\": \"dkim\", \"action\": \"tag\"}");
    ck_assert_int_eq(say("MAIL FROM:<a@good.test>\r\nRCPT TO:<b@partner.test>\r\n"),
                     SERVER_EVENT_CHECK);
    run_check(&event);
    ck_assert_int_eq(say("RCPT TO:<c@partner.test>\r\nDATA\r\n"), SERVER_EVENT_NONE);
    expect("250 2.1.0 OK\n250 2.1.5 OK\n250 2.1.5 OK\n354 *\n");
    ck_assert_int_eq(say("From: a@good.test\r\n\r\nx\r\n.\r\n"), SERVER_EVENT_CHECK);
    ck_assert_int_eq(session.state, SERVER_STATE_CHECKING);
    run_check(&event);
    ck_assert_int_eq(event, SERVER_EVENT_MESSAGE);
    const char *text = buf_text(&session.content);
    const char *field = strstr(text, "Authentication-Results: mail.h.test;");
    ck_assert_ptr_nonnull(field);
    ck_assert_ptr_null(strstr(field + 1, "Authentication-Results:"));
    static const char *const IN_ORDER[] = {"\tspf=pass", "\tdkim=none", "\tarc=none",
                                           "\tdmarc=none", "\tiprev="};
    for (size_t i = 0; i < sizeof IN_ORDER / sizeof IN_ORDER[0]; i++) {
        const char *found = strstr(field, IN_ORDER[i]);
        ck_assert_msg(found != NULL, "%s is not behind the others in %s", IN_ORDER[i], text);
        ck_assert_ptr_null(strstr(found + 1, IN_ORDER[i]));
        field = found;
    }
    stop();
}
END_TEST

START_TEST(who_is_no_recipient_here_costs_no_question)
{
    greet("{\"check\": \"spf\", \"action\": \"reject\"}");
    ck_assert_int_eq(say("MAIL FROM:<a@bad.test>\r\nRCPT TO:<b@elsewhere.test>\r\n"),
                     SERVER_EVENT_NONE);
    expect("250 2.1.0 OK\n550 5.7.1 relaying denied\n");
    ck_assert_ptr_null(session.check);
    stop();
}
END_TEST

START_TEST(the_content_comes_first_where_a_rule_says_so)
{
    enum server_event event;
    greet("{\"check\": \"spf\", \"action\": \"reject\", \"at\": \"content\"}");
    ck_assert_int_eq(say("MAIL FROM:<a@bad.test>\r\nRCPT TO:<b@partner.test>\r\nDATA\r\n"),
                     SERVER_EVENT_NONE);
    expect("250 2.1.0 OK\n250 2.1.5 OK\n354 *\n");
    ck_assert_int_eq(say("Subject: x\r\n\r\nx\r\n.\r\n"), SERVER_EVENT_CHECK);
    run_check(&event);
    ck_assert_int_eq(event, SERVER_EVENT_NONE);
    expect("550 5.7.23 refused by policy: spf is \"fail\"\n");
    ck_assert_ptr_null(session.check);
    stop();
}
END_TEST

START_TEST(each_transaction_is_asked_about_anew)
{
    enum server_event event;
    greet("{\"check\": \"spf\", \"action\": \"reject\"}");
    ck_assert_int_eq(say("MAIL FROM:<a@bad.test>\r\nRCPT TO:<b@partner.test>\r\n"),
                     SERVER_EVENT_CHECK);
    run_check(&event);
    ck_assert_int_eq(say("RSET\r\nMAIL FROM:<a@good.test>\r\nRCPT TO:<b@partner.test>\r\n"),
                     SERVER_EVENT_CHECK);
    run_check(&event);
    expect("250 2.1.0 OK\n550 5.7.23 *\n250 2.0.0 OK\n250 2.1.0 OK\n250 2.1.5 OK\n");
    stop();
}
END_TEST

UNIT_MAIN(a_recipient_waits_for_dns_and_the_next_does_not,
          one_recipient_is_deferred_and_the_other_gets_the_mail,
          what_was_asked_at_rcpt_is_told_once_with_the_rest,
          who_is_no_recipient_here_costs_no_question, the_content_comes_first_where_a_rule_says_so,
          each_transaction_is_asked_about_anew)
