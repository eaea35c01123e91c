#include "mta-under-test/refmta/server/server_session.h"

#include <errno.h>

#include "mta-under-test/base/time_text.h"
#include "tests/unit/mta-under-test/refmta/server/server_stand.h"

START_TEST(a_message_goes_through)
{
    start_from("192.0.2.1");
    expect("220 mail.h.test *\n");
    ck_assert_int_eq(say("EHLO c.test\r\n"), SERVER_EVENT_NONE);
    expect("250-mail.h.test\n250-PIPELINING\n250-SIZE 100000\n250-8BITMIME\n250-DSN\n"
           "250-SMTPUTF8\n250-CHUNKING\n250-BINARYMIME\n250-DELIVERBY\n250-MT-PRIORITY\n"
           "250-LIMITS MAILMAX=10000 RCPTMAX=1000\n250-FUTURERELEASE 2592000 *\n"
           "250 ENHANCEDSTATUSCODES\n");
    ck_assert_int_eq(say("MAIL FROM:<a@s.test> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=x+2B\r\n"),
                     SERVER_EVENT_NONE);
    expect("250 2.1.0 *\n");
    say("RCPT TO:<b@x.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@x.test\r\n");
    expect("250 2.1.5 *\n");
    say("DATA\r\n");
    expect("354 *\n");
    ck_assert_int_eq(say("Subject: x\r\n\r\nhello\r\n.\r\nNOOP\r\n"), SERVER_EVENT_MESSAGE);
    ck_assert_str_eq(session.envelope.sender, "a@s.test");
    ck_assert_str_eq(session.envelope.envid, "x+2B");
    ck_assert_int_eq(session.envelope.ret, ENVELOPE_RET_HDRS);
    ck_assert_uint_eq(session.envelope.recipient_count, 1);
    ck_assert_str_eq(session.envelope.recipients[0].address, "b@x.test");
    ck_assert_str_eq(session.envelope.recipients[0].orcpt, "rfc822;b@x.test");
    ck_assert_int_eq(session.envelope.recipients[0].notify,
                     ENVELOPE_NOTIFY_SUCCESS | ENVELOPE_NOTIFY_FAILURE);
    const char *content = buf_text(&session.content);
    ck_assert_msg(
        strncmp(content, "Received: from c.test ([192.0.2.1])\r\n\tby mail.h.test ", 53) == 0, "%s",
        content);
    ck_assert_ptr_nonnull(strstr(content, "with ESMTP id 0000000000abc\r\n\tfor <b@x.test>;\r\n"));
    ck_assert_ptr_nonnull(strstr(content, "\r\nSubject: x\r\n\r\nhello\r\n"));
    /* Nothing is heard before the message is stored. */
    ck_assert_int_eq(server_session_feed(&session, &in), SERVER_EVENT_NONE);
    expect("");
    server_session_stored(&session, 0);
    ck_assert_int_eq(server_session_feed(&session, &in), SERVER_EVENT_NONE);
    expect("250 2.0.0 queued as 0000000000abc\n250 2.0.0 OK\n");
    ck_assert_int_eq(say("QUIT\r\n"), SERVER_EVENT_CLOSE);
    expect("221 2.0.0 *\n");
    stop();
}
END_TEST

START_TEST(what_cannot_be_stored_is_deferred)
{
    static const struct {
        int error;
        const char *reply;
    } CASES[] = {{ENOSPC, "452 4.3.1 *\n"}, {EIO, "451 4.3.0 *\n"}};
    for (size_t i = 0; i < 2; i++) {
        start_from("192.0.2.1");
        ck_assert_int_eq(say("EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"
                             "x\r\n.\r\n"),
                         SERVER_EVENT_MESSAGE);
        buf_reset(&session.out);
        server_session_stored(&session, CASES[i].error);
        expect(CASES[i].reply);
        ck_assert_int_eq(session.state, SERVER_STATE_READY);
        stop();
    }
}
END_TEST

START_TEST(each_command_has_its_place)
{
    start_from("192.0.2.1");
    buf_reset(&session.out);
    say("MAIL FROM:<a@s.test>\r\n");
    expect("503 5.5.1 *\n");
    say("HELO c.test\r\n");
    expect("250 mail.h.test\n");
    say("RCPT TO:<a@s.test>\r\nDATA\r\n");
    expect("503 5.5.1 *\n503 5.5.1 *\n");
    say("MAIL FROM:<a@s.test> SIZE=1\r\n");
    expect("555 5.5.4 *\n");
    say("MAIL FROM:<a@s.test>\r\nMAIL FROM:<a@s.test>\r\nDATA\r\n");
    expect("250 2.1.0 *\n503 5.5.1 *\n554 5.5.1 *\n");
    say("FOO\r\n\r\nSTARTTLS\r\nVRFY x\r\nEXPN x\r\nHELP\r\nRSET x\r\n");
    expect("500 5.5.2 *\n500 5.5.2 *\n503 5.5.1 *\n252 2.5.0 *\n502 5.5.1 *\n214 2.0.0 *\n"
           "501 5.5.4 *\n");
    stop();
}
END_TEST

START_TEST(syntax_is_checked)
{
    static const struct {
        const char *line;
        const char *reply;
    } CASES[] = {
        {"EHLO \r\n", "501 5.5.4 *\n"},
        {"EHLO a b\r\n", "501 5.5.4 *\n"},
        {"EHLO [192.0.2.1]\r\nRSET\r\n",
         "250-*\n250-*\n250-*\n250-*\n250-*\n250-*\n250-*\n250-*\n250-*\n250-*\n250-*\n250-*\n"
         "250 *\n250 *\n"},
        {"MAIL FROM:a@s.test\r\n", "501 5.1.7 *\n"},
        {"MAIL FROM: <a@s.test>\r\nRSET\r\n", "250 *\n250 *\n"},
        {"MAIL FROM:<a@s.test>x\r\n", "501 *\n"},
        {"MAIL FROM:<a@s.test> SIZE=x\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> SIZE=100001\r\n", "552 5.3.4 *\n"},
        {"MAIL FROM:<a@s.test> SIZE=1 SIZE=2\r\n", "501 *\n"},
        {"MAIL FROM:<a@s.test> BODY=9BIT\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> RET=SOME\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> ENVID=a+2\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> FOO=1\r\n", "555 5.5.4 *\n"},
        {"MAIL FROM:<\xc3\xa9@s.test>\r\n", "550 5.6.7 *\n"},
        {"MAIL FROM:<\xc3\xa9@s.test> SMTPUTF8\r\nRSET\r\n", "250 *\n250 *\n"},
        {"MAIL FROM:<a@s.test> REQUIRETLS\r\n", "530 5.7.0 *\n"},
        {"MAIL FROM:<a@s.test> BY=0;R\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> BY=10;X\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> BY=10\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> HOLDFOR=99999999999\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> HOLDUNTIL=2026-13-01T00:00:00Z\r\n", "501 5.5.4 *\n"},
        {"MAIL FROM:<a@s.test> MT-PRIORITY=10\r\n", "501 5.5.4 *\n"},
        {"NOOP\n", "500 5.5.2 *\n"},
        {"NO\rOP\r\n", "500 5.5.2 *\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        start_from("192.0.2.1");
        say("EHLO c.test\r\n");
        buf_reset(&session.out);
        say(CASES[i].line);
        expect(CASES[i].reply);
        stop();
    }
    static const char *const RCPT[] = {"NOTIFY=NEVER,DELAY", "NOTIFY=", "NOTIFY=x", "ORCPT=x",
                                       "ORCPT=rfc822;a=b",   "NOTIFY"};
    for (size_t i = 0; i < sizeof RCPT / sizeof RCPT[0]; i++) {
        char line[200];
        start_from("192.0.2.1");
        say("EHLO c.test\r\nMAIL FROM:<>\r\n");
        buf_reset(&session.out);
        snprintf(line, sizeof line, "RCPT TO:<b@x.test> %s\r\n", RCPT[i]);
        say(line);
        expect("501 *\n");
        stop();
    }
}
END_TEST

START_TEST(it_is_no_open_relay)
{
    start_from("203.0.113.1");
    say("EHLO c.test\r\nMAIL FROM:<a@s.test>\r\n");
    buf_reset(&session.out);
    say("RCPT TO:<b@x.test>\r\nRCPT TO:<@partner.test:b@x.test>\r\n"
        "RCPT TO:<b%x.test@partner.test>\r\nRCPT TO:<b@partner.test>\r\n");
    expect("550 5.7.1 *\n550 5.7.1 *\n550 5.7.1 *\n250 2.1.5 *\n");
    ck_assert_uint_eq(session.envelope.recipient_count, 1);
    stop();
}
END_TEST

START_TEST(limits_hold)
{
    start_from("192.0.2.1");
    limits.recipients_max = 2;
    limits.errors_max = 3;
    limits.received_max = 1;
    say("EHLO c.test\r\nMAIL FROM:<>\r\n");
    buf_reset(&session.out);
    say("RCPT TO:<a@x.test>\r\nRCPT TO:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nRCPT TO:<c@x.test>\r\n");
    expect("250 *\n250 *\n250 *\n452 4.5.3 *\n");
    say("DATA\r\nReceived: a\r\nReceived: b\r\n\r\n.\r\n");
    expect("354 *\n554 5.4.6 *\n");
    ck_assert_int_eq(say("X\r\nX\r\nNOOP\r\n"), SERVER_EVENT_CLOSE);
    expect("500 *\n500 *\n421 4.7.0 *\n");
    stop();

    start_from("192.0.2.1");
    buf_reset(&session.out);
    for (unsigned i = 0; i < limits.command_bytes_max; i++)
        buf_add_char(&in, 'x');
    ck_assert_int_eq(server_session_feed(&session, &in), SERVER_EVENT_NONE);
    ck_assert_int_eq(say("x"), SERVER_EVENT_CLOSE);
    expect("500 5.5.2 *\n421 4.7.0 *\n");
    stop();
}
END_TEST

START_TEST(bad_content_is_refused_and_the_session_goes_on)
{
    start_from("192.0.2.1");
    say("EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<a@x.test>\r\nDATA\r\n");
    buf_reset(&session.out);
    ck_assert_int_eq(say("a\n.\nMAIL FROM:<evil@x.test>\r\n.\r\nNOOP\r\n"), SERVER_EVENT_NONE);
    expect("550 5.6.11 *\n250 2.0.0 *\n");
    stop();
}
END_TEST

START_TEST(when_and_before_whom_is_kept)
{
    start_from("192.0.2.1");
    int64_t before_us = time_now_us();
    say("EHLO c.test\r\nMAIL FROM:<a@s.test> BY=+120;RT HOLDFOR=3600 MT-PRIORITY=7\r\n");
    ck_assert(session.state == SERVER_STATE_MAIL);
    ck_assert_int_ge(session.envelope.deliver_by_us, before_us + 120 * TIME_SECOND);
    ck_assert(session.envelope.deliver_by_return);
    ck_assert_int_ge(session.envelope.hold_until_us, before_us + TIME_HOUR);
    ck_assert_int_eq(session.envelope.priority, 7);
    stop();
    /* A stranger decides neither. */
    start_from("203.0.113.1");
    say("EHLO c.test\r\n");
    ck_assert_ptr_null(strstr(buf_text(&session.out), "FUTURERELEASE"));
    buf_reset(&session.out);
    say("MAIL FROM:<a@s.test> HOLDFOR=3600\r\nMAIL FROM:<a@s.test> MT-PRIORITY=7\r\n");
    expect("555 5.5.4 *\n250 2.1.0 *\n");
    ck_assert_int_eq(session.envelope.priority, 0);
    stop();
}
END_TEST

START_TEST(require_tls_is_taken_in_tls)
{
    start_from("192.0.2.1");
    server_session_secured(&session, "TLSv1.3");
    say("EHLO c.test\r\n");
    ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "250-REQUIRETLS\r\n"));
    ck_assert_int_eq(say("MAIL FROM:<a@s.test> REQUIRETLS\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"
                         "TLS-Required: No\r\n\r\n.\r\n"),
                     SERVER_EVENT_MESSAGE);
    ck_assert(session.envelope.require_tls);
    ck_assert(!session.envelope.tls_optional); /* RFC 8689 4.1 */
    stop();
}
END_TEST

START_TEST(tls_required_no_is_heeded)
{
    start_from("192.0.2.1");
    ck_assert_int_eq(say("EHLO c.test\r\nMAIL FROM:<a@s.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"
                         "TLS-Required: No\r\n\r\n.\r\n"),
                     SERVER_EVENT_MESSAGE);
    ck_assert(!session.envelope.require_tls);
    ck_assert(session.envelope.tls_optional);
    stop();
}
END_TEST

START_TEST(commands_without_mail_are_limited)
{
    start_from("192.0.2.1");
    limits.idle_commands_max = 3;
    ck_assert_int_eq(say("EHLO c.test\r\nNOOP\r\nRSET\r\nNOOP\r\n"), SERVER_EVENT_CLOSE);
    ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "\r\n421 4.7.0 "));
    stop();
}
END_TEST

START_TEST(tls_forgets_what_was_said)
{
    static struct config_listener with_tls = {.tls = CONFIG_TLS_STARTTLS};
    start_from("192.0.2.1");
    session.setup.listener = &with_tls;
    buf_reset(&session.out);
    say("EHLO c.test\r\n");
    ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "250-STARTTLS\r\n"));
    buf_reset(&session.out);
    ck_assert_int_eq(say("STARTTLS\r\nMAIL FROM:<a@s.test>\r\n"), SERVER_EVENT_STARTTLS);
    expect("220 2.0.0 *\n");
    ck_assert_int_eq(server_session_feed(&session, &in), SERVER_EVENT_NONE);
    buf_reset(&in);
    server_session_secured(&session, "TLSv1.3");
    say("MAIL FROM:<a@s.test>\r\n");
    expect("503 5.5.1 *\n");
    say("EHLO c.test\r\n");
    ck_assert_ptr_null(strstr(buf_text(&session.out), "STARTTLS"));
    buf_reset(&session.out);
    say("STARTTLS\r\n");
    expect("503 5.5.1 *\n");
    say("MAIL FROM:<>\r\nRCPT TO:<a@x.test>\r\nDATA\r\n.\r\n");
    ck_assert_ptr_nonnull(strstr(buf_text(&session.content), "(using TLSv1.3)"));
    ck_assert_ptr_nonnull(strstr(buf_text(&session.content), "with ESMTPS id"));
    stop();
}
END_TEST

START_TEST(submission_completes_the_headers)
{
    static struct config_listener submission = {.mode = CONFIG_MODE_SUBMISSION};
    start_from("192.0.2.1");
    session.setup.listener = &submission;
    ck_assert_int_eq(say("EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<a@x.test>\r\nDATA\r\n"
                         "Subject: x\r\n\r\nDate: no\r\n.\r\n"),
                     SERVER_EVENT_MESSAGE);
    const char *content = buf_text(&session.content);
    ck_assert_ptr_nonnull(strstr(content, "\r\nDate: "));
    ck_assert_ptr_nonnull(strstr(content, "\r\nMessage-ID: <0000000000abc@mail.h.test>\r\n"));
    ck_assert_ptr_nonnull(strstr(content, "\r\nSubject: x\r\n\r\nDate: no\r\n"));
    ck_assert_int_eq(strncmp(content, "Received: ", 10), 0);
    stop();
}
END_TEST

/* RFC 6409 4.2, and what a listener for other servers leaves to the DNS. */
START_TEST(submission_wants_whole_domains)
{
    static struct config_listener submission = {.mode = CONFIG_MODE_SUBMISSION};
    start_from("192.0.2.1");
    say("EHLO c.test\r\nMAIL FROM:<a@host>\r\nRSET\r\n");
    session.setup.listener = &submission;
    buf_reset(&session.out);
    say("MAIL FROM:<a@host>\r\nMAIL FROM:<>\r\nRCPT TO:<b@host>\r\n"
        "RCPT TO:<b@[192.0.2.7]>\r\nRCPT TO:<b@x.test>\r\n");
    expect("554 5.1.8 *\n250 2.1.0 *\n554 5.1.2 *\n250 2.1.5 *\n250 2.1.5 *\n");
    stop();
}
END_TEST

START_TEST(a_line_of_a_reply_has_512_bytes_at_most)
{
    char line[1100] = "MAIL FROM:<a@s.test> ";
    start_from("192.0.2.1");
    say("EHLO c.test\r\n");
    buf_reset(&session.out);
    memset(line + strlen(line), 'X', 1000);
    say(line);
    say("\r\n");
    ck_assert_int_eq(strncmp(buf_text(&session.out), "555 5.5.4 ", 10), 0);
    ck_assert_uint_le(session.out.len, 512);
    stop();
}
END_TEST

/* User "ann", password "secret", on a submission listener, from outside of the relay networks. */
START_TEST(login_opens_the_relay)
{
    static struct config_listener submission = {.mode = CONFIG_MODE_SUBMISSION};
    struct auth_secret secret = {.iterations = AUTH_ITERATIONS_MIN, .salt_bytes = 16};
    struct auth_users users;
    struct auth_guard guard;
    struct buf text;
    struct err err;
    start_with("203.0.113.1", ", \"auth\": {\"users\": \"u\"}");
    buf_init(&text, 1000);
    auth_secret_make(&secret, SLICE("secret"));
    auth_users_set(SLICE(""), "ann", &secret, &text);
    ck_assert_int_eq(auth_users_parse(&users, "u", buf_slice(&text), &err), 0);
    auth_guard_init(&guard, &limits.auth);
    session.setup.listener = &submission;
    session.setup.users = &users;
    session.setup.guard = &guard;
    say("EHLO c.test\r\n");
    ck_assert_ptr_null(strstr(buf_text(&session.out), "AUTH"));
    buf_reset(&session.out);
    say("AUTH PLAIN AGFubgBzZWNyZXQ=\r\nMAIL FROM:<a@s.test>\r\n");
    expect("538 5.7.11 *\n530 5.7.0 *\n");
    server_session_secured(&session, "TLSv1.3");
    say("EHLO c.test\r\n");
    ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "250-AUTH PLAIN LOGIN SCRAM-SHA-256\r\n"));
    buf_reset(&session.out);
    ck_assert_int_eq(say("AUTH PLAIN AGFubgB3cm9uZw==\r\nNOOP\r\n"), SERVER_EVENT_DELAY);
    expect("");
    ck_assert_int_eq(session.delay_us, limits.auth.delay_us);
    ck_assert_int_eq(server_session_feed(&session, &in), SERVER_EVENT_NONE);
    server_session_delayed(&session);
    ck_assert_int_eq(server_session_feed(&session, &in), SERVER_EVENT_NONE);
    expect("535 5.7.8 *\n250 2.0.0 *\n");
    say("AUTH LOGIN\r\nYW5u\r\n*\r\nAUTH LOGIN\r\nYW5u\r\nc2VjcmV0\r\n");
    expect("334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n501 5.7.0 *\n334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n"
           "235 2.7.0 *\n");
    ck_assert_str_eq(session.user, "ann");
    ck_assert_int_eq(say("MAIL FROM:<a@s.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n.\r\n"),
                     SERVER_EVENT_MESSAGE);
    ck_assert_ptr_nonnull(strstr(buf_text(&session.content), "with ESMTPSA id"));
    stop();
    auth_guard_deinit(&guard);
    auth_users_deinit(&users);
    buf_deinit(&text);
}
END_TEST

UNIT_MAIN(submission_wants_whole_domains, a_line_of_a_reply_has_512_bytes_at_most,
          a_message_goes_through, what_cannot_be_stored_is_deferred, each_command_has_its_place,
          syntax_is_checked, it_is_no_open_relay, limits_hold,
          bad_content_is_refused_and_the_session_goes_on, when_and_before_whom_is_kept,
          require_tls_is_taken_in_tls, tls_required_no_is_heeded, commands_without_mail_are_limited,
          tls_forgets_what_was_said, submission_completes_the_headers, login_opens_the_relay)
