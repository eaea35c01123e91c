#include "mta-under-test/refmta/delivery/client_session.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static struct client_session session;
static struct client_recipient recipients[3];
static struct client_transaction transaction;
static struct buf in;

static void start(enum tls_use tls)
{
    static const char *const NAMES[] = {"a@x.test", "b@x.test", "c@x.test"};
    struct client_setup setup = {.hostname = "mail.s.test", .peer = "mx.x.test", .tls = tls};
    client_session_init(&session, &setup);
    buf_init(&in, 1 << 16);
    for (size_t i = 0; i < 3; i++)
        recipients[i] = (struct client_recipient){.address = NAMES[i]};
    transaction = (struct client_transaction){
        .sender = "s@s.test", .bytes = 100, .recipients = recipients, .recipient_count = 2};
}

static void stop(void)
{
    client_session_deinit(&session);
    buf_deinit(&in);
}

static enum client_event hear(const char *text)
{
    buf_add_text(&in, text);
    return client_session_feed(&session, &in);
}

static void expect(const char *text)
{
    ck_assert_str_eq(buf_text(&session.out), text);
    buf_reset(&session.out);
}

/* Up to CLIENT_EVENT_READY, with these extensions ("250-X\r\n..."). */
static void greet(const char *extensions)
{
    char text[512];
    ck_assert_int_eq(hear("220 hi\r\n"), CLIENT_EVENT_NONE);
    expect("EHLO mail.s.test\r\n");
    snprintf(text, sizeof text, "250-mx\r\n%s250 HELP\r\n", extensions);
    ck_assert_int_eq(hear(text), CLIENT_EVENT_READY);
    expect("");
}

static void begin(void)
{
    ck_assert_int_eq(client_session_begin(&session, &transaction), CLIENT_EVENT_NONE);
}

static void give(const char *content)
{
    client_session_content(&session, slice_of(content));
    client_session_content_end(&session);
}

START_TEST(a_message_step_by_step)
{
    start(TLS_USE_IF_OFFERED);
    greet("");
    begin();
    expect("MAIL FROM:<s@s.test>\r\n");
    hear("250 ok\r\n");
    expect("RCPT TO:<a@x.test>\r\n");
    hear("250 ok\r\n");
    expect("RCPT TO:<b@x.test>\r\n");
    hear("550 5.1.1 no\r\n");
    expect("DATA\r\n");
    ck_assert_int_eq(hear("354 go\r\n"), CLIENT_EVENT_CONTENT);
    client_session_content(&session, SLICE(".a\r\nb\r"));
    client_session_content(&session, SLICE("\n..\r\n"));
    client_session_content_end(&session);
    expect("..a\r\nb\r\n...\r\n.\r\n");
    ck_assert_int_eq(hear("250 2.0.0 queued\r\n"), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[0].verdict, CLIENT_ACCEPTED);
    ck_assert_str_eq(recipients[0].reason.text, "250 2.0.0 queued");
    ck_assert_int_eq(recipients[1].verdict, CLIENT_REFUSED);
    ck_assert_str_eq(recipients[1].reason.status, "5.1.1");
    ck_assert(recipients[1].at_rcpt);
    /* Another one needs no RSET behind a good end. */
    begin();
    expect("MAIL FROM:<s@s.test>\r\n");
    stop();
}
END_TEST

START_TEST(a_message_in_one_go)
{
    start(TLS_USE_IF_OFFERED);
    greet("250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-DSN\r\n");
    transaction.body = ENVELOPE_BODY_8BITMIME;
    transaction.ret = ENVELOPE_RET_FULL;
    transaction.envid = "e1";
    recipients[0].notify = ENVELOPE_NOTIFY_SUCCESS | ENVELOPE_NOTIFY_DELAY;
    recipients[1].orcpt = "rfc822;o@x.test";
    begin();
    expect("MAIL FROM:<s@s.test> SIZE=100 BODY=8BITMIME RET=FULL ENVID=e1\r\n"
           "RCPT TO:<a@x.test> NOTIFY=SUCCESS,DELAY\r\nRCPT TO:<b@x.test> ORCPT=rfc822;o@x.test\r\n"
           "DATA\r\n");
    ck_assert_int_eq(hear("250 ok\r\n451 4.7.1 later\r\n250 ok\r\n354 go\r\n"),
                     CLIENT_EVENT_CONTENT);
    give("x\r\n");
    buf_reset(&session.out);
    ck_assert_int_eq(hear("554 5.6.0 spam\r\n"), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[0].verdict, CLIENT_DEFERRED);
    ck_assert_int_eq(recipients[1].verdict, CLIENT_REFUSED);
    ck_assert(!recipients[1].at_rcpt);
    stop();
}
END_TEST

START_TEST(all_refused_and_yet_it_wants_the_content)
{
    start(TLS_USE_IF_OFFERED);
    greet("250-PIPELINING\r\n");
    begin();
    buf_reset(&session.out);
    ck_assert_int_eq(hear("250 ok\r\n550 no\r\n450 no\r\n354 go\r\n"), CLIENT_EVENT_NONE);
    expect(".\r\n");
    ck_assert_int_eq(hear("554 no valid recipients\r\n"), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[0].verdict, CLIENT_REFUSED);
    ck_assert_int_eq(recipients[1].verdict, CLIENT_DEFERRED);
    stop();
}
END_TEST

START_TEST(mail_refused_counts_for_all)
{
    start(TLS_USE_IF_OFFERED);
    greet("250-PIPELINING\r\n");
    begin();
    buf_reset(&session.out);
    ck_assert_int_eq(hear("451 4.7.0 wait\r\n503 no\r\n503 no\r\n503 no\r\n"), CLIENT_EVENT_DONE);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(recipients[i].verdict, CLIENT_DEFERRED);
        ck_assert_str_eq(recipients[i].reason.text, "451 4.7.0 wait");
    }
    begin();
    ck_assert_int_eq(strncmp(buf_text(&session.out), "RSET\r\nMAIL FROM:", 16), 0);
    ck_assert_int_eq(hear("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
                     CLIENT_EVENT_CONTENT);
    stop();

    start(TLS_USE_IF_OFFERED);
    greet("");
    begin();
    buf_reset(&session.out);
    ck_assert_int_eq(hear("553 5.1.8 no\r\n"), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[1].verdict, CLIENT_REFUSED);
    begin();
    expect("RSET\r\n");
    hear("250 ok\r\n");
    expect("MAIL FROM:<s@s.test>\r\n");
    stop();
}
END_TEST

START_TEST(the_421_ends_the_session)
{
    start(TLS_USE_IF_OFFERED);
    greet("250-PIPELINING\r\n");
    begin();
    ck_assert_int_eq(hear("250 ok\r\n550 5.1.1 no\r\n421 4.3.2 bye\r\n"), CLIENT_EVENT_DONE);
    ck_assert(session.closing);
    ck_assert_int_eq(recipients[0].verdict, CLIENT_REFUSED);
    ck_assert_int_eq(recipients[1].verdict, CLIENT_DEFERRED);
    ck_assert_str_eq(recipients[1].reason.status, "4.3.2");
    stop();
}
END_TEST

START_TEST(a_bad_greeting_fails_the_session)
{
    static const struct {
        const char *text;
        enum client_verdict verdict;
    } CASES[] = {{"554 5.3.2 no service\r\n", CLIENT_REFUSED},
                 {"421 4.3.2 busy\r\n", CLIENT_DEFERRED},
                 {"nonsense\r\n", CLIENT_DEFERRED}};
    for (size_t i = 0; i < 3; i++) {
        start(TLS_USE_IF_OFFERED);
        ck_assert_int_eq(hear(CASES[i].text), CLIENT_EVENT_FAILED);
        ck_assert_int_eq(session.failure_verdict, CASES[i].verdict);
        expect("");
        stop();
    }
}
END_TEST

START_TEST(helo_follows_where_ehlo_is_unknown)
{
    start(TLS_USE_IF_OFFERED);
    hear("220 hi\r\n");
    buf_reset(&session.out);
    ck_assert_int_eq(hear("502 what\r\n"), CLIENT_EVENT_NONE);
    expect("HELO mail.s.test\r\n");
    ck_assert_int_eq(hear("250 mx\r\n"), CLIENT_EVENT_READY);
    begin();
    expect("MAIL FROM:<s@s.test>\r\n");
    stop();
}
END_TEST

START_TEST(starttls_as_the_policy_wants_it)
{
    start(TLS_USE_IF_OFFERED);
    hear("220 hi\r\n");
    buf_reset(&session.out);
    ck_assert_int_eq(hear("250-mx\r\n250 STARTTLS\r\n"), CLIENT_EVENT_NONE);
    expect("STARTTLS\r\n");
    ck_assert_int_eq(hear("220 go\r\n"), CLIENT_EVENT_STARTTLS);
    client_session_secured(&session);
    expect("EHLO mail.s.test\r\n");
    ck_assert_int_eq(hear("250-mx\r\n250 STARTTLS\r\n"), CLIENT_EVENT_READY);
    stop();

    /* Offered and refused: in clear. */
    start(TLS_USE_IF_OFFERED);
    hear("220 hi\r\n250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
    ck_assert_int_eq(hear("454 4.7.0 not now\r\n"), CLIENT_EVENT_READY);
    stop();

    start(TLS_USE_REQUIRED);
    hear("220 hi\r\n");
    ck_assert_int_eq(hear("250-mx\r\n250 PIPELINING\r\n"), CLIENT_EVENT_FAILED);
    ck_assert_int_eq(session.failure_verdict, CLIENT_DEFERRED);
    stop();
    start(TLS_USE_REQUIRED);
    hear("220 hi\r\n250-mx\r\n250 STARTTLS\r\n");
    ck_assert_int_eq(hear("454 4.7.0 not now\r\n"), CLIENT_EVENT_FAILED);
    stop();

    start(TLS_USE_NEVER);
    hear("220 hi\r\n");
    ck_assert_int_eq(hear("250-mx\r\n250 STARTTLS\r\n"), CLIENT_EVENT_READY);
    stop();
}
END_TEST

START_TEST(what_the_server_cannot_take_is_not_sent)
{
    start(TLS_USE_IF_OFFERED);
    greet("250-SIZE 99\r\n");
    ck_assert_int_eq(client_session_begin(&session, &transaction), CLIENT_EVENT_DONE);
    ck_assert_str_eq(recipients[0].reason.status, "5.3.4");
    expect("");
    transaction.bytes = 99;
    transaction.smtputf8 = true;
    ck_assert_int_eq(client_session_begin(&session, &transaction), CLIENT_EVENT_DONE);
    ck_assert_str_eq(recipients[1].reason.status, "5.6.7");
    transaction.smtputf8 = false;
    transaction.body = ENVELOPE_BODY_8BITMIME;
    ck_assert_int_eq(client_session_begin(&session, &transaction), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[1].verdict, CLIENT_REFUSED);
    ck_assert_str_eq(recipients[1].reason.status, "5.6.3");
    stop();
}
END_TEST

START_TEST(quit_is_answered)
{
    start(TLS_USE_IF_OFFERED);
    greet("");
    client_session_quit(&session);
    expect("QUIT\r\n");
    ck_assert_int_eq(hear("221 bye\r\n"), CLIENT_EVENT_CLOSED);
    stop();
}
END_TEST

static void start_with_password(void)
{
    struct client_setup setup = {.hostname = "mail.s.test",
                                 .peer = "mx.x.test",
                                 .tls = TLS_USE_REQUIRED,
                                 .user = "ann",
                                 .password = "secret"};
    client_session_init(&session, &setup);
    buf_init(&in, 1 << 16);
    hear("220 hi\r\n250-mx\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n");
    ck_assert_ptr_null(strstr(buf_text(&session.out), "AUTH"));
    ck_assert_int_eq(hear("220 go\r\n"), CLIENT_EVENT_STARTTLS);
    client_session_secured(&session);
    buf_reset(&session.out);
}

START_TEST(it_logs_in_within_tls)
{
    start_with_password();
    ck_assert_int_eq(hear("250-mx\r\n250 AUTH LOGIN PLAIN\r\n"), CLIENT_EVENT_NONE);
    expect("AUTH PLAIN AGFubgBzZWNyZXQ=\r\n");
    ck_assert_int_eq(hear("235 2.7.0 ok\r\n"), CLIENT_EVENT_READY);
    stop();
    start_with_password();
    ck_assert_int_eq(hear("250-mx\r\n250 AUTH LOGIN\r\n"), CLIENT_EVENT_NONE);
    expect("AUTH LOGIN\r\n");
    hear("334 VXNlcm5hbWU6\r\n");
    expect("YW5u\r\n");
    hear("334 UGFzc3dvcmQ6\r\n");
    expect("c2VjcmV0\r\n");
    ck_assert_int_eq(hear("235 2.7.0 ok\r\n"), CLIENT_EVENT_READY);
    stop();
    start_with_password();
    hear("250-mx\r\n250 AUTH PLAIN\r\n");
    ck_assert_int_eq(hear("535 5.7.8 no\r\n"), CLIENT_EVENT_FAILED);
    ck_assert_int_eq(session.failure_verdict, CLIENT_DEFERRED);
    stop();
    start_with_password();
    ck_assert_int_eq(hear("250-mx\r\n250 SIZE\r\n"), CLIENT_EVENT_FAILED);
    ck_assert_int_eq(session.failure_verdict, CLIENT_DEFERRED);
    expect("");
    stop();
}
END_TEST

START_TEST(requiretls_is_said_where_it_is_offered_and_else_nothing_goes)
{
    start(TLS_USE_REQUIRED);
    session.setup.needs_requiretls = true;
    hear("220 hi\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n");
    client_session_secured(&session);
    buf_reset(&session.out);
    ck_assert_int_eq(hear("250-mx\r\n250 REQUIRETLS\r\n"), CLIENT_EVENT_READY);
    begin();
    expect("MAIL FROM:<s@s.test> REQUIRETLS\r\n");
    stop();
    start(TLS_USE_REQUIRED);
    session.setup.needs_requiretls = true;
    hear("220 hi\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n");
    client_session_secured(&session);
    ck_assert_int_eq(hear("250-mx\r\n250 PIPELINING\r\n"), CLIENT_EVENT_FAILED);
    ck_assert_int_eq(session.failure_verdict, CLIENT_REFUSED);
    ck_assert_str_eq(session.failure.status, "5.7.30");
    stop();
    /* No TLS at all: for such a message for good, for others only for now. */
    for (int by_sender = 0; by_sender <= 1; by_sender++) {
        start(TLS_USE_REQUIRED);
        session.setup.needs_requiretls = by_sender == 1;
        ck_assert_int_eq(hear("220 hi\r\n250-mx\r\n250 REQUIRETLS\r\n"), CLIENT_EVENT_FAILED);
        ck_assert_int_eq(session.failure_verdict,
                         by_sender == 1 ? CLIENT_REFUSED : CLIENT_DEFERRED);
        ck_assert_str_eq(session.failure.status, by_sender == 1 ? "5.7.10" : "4.7.10");
        stop();
    }
}
END_TEST

/* RFC 8689 5: a bounce, which may go without. */
START_TEST(requiretls_of_a_bounce_is_said_where_it_is_offered_in_tls)
{
    start(TLS_USE_IF_OFFERED);
    transaction.require_tls = true;
    hear("220 hi\r\n250-mx\r\n250 REQUIRETLS\r\n");
    buf_reset(&session.out);
    begin();
    expect("MAIL FROM:<s@s.test>\r\n");
    stop();
    start(TLS_USE_IF_OFFERED);
    transaction.require_tls = true;
    hear("220 hi\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n");
    client_session_secured(&session);
    buf_reset(&session.out);
    ck_assert_int_eq(hear("250-mx\r\n250 REQUIRETLS\r\n"), CLIENT_EVENT_READY);
    begin();
    expect("MAIL FROM:<s@s.test> REQUIRETLS\r\n");
    stop();
}
END_TEST

START_TEST(with_lmtp_each_recipient_has_its_own_end)
{
    start(TLS_USE_NEVER);
    session.setup.is_lmtp = true;
    transaction.recipient_count = 3;
    ck_assert_int_eq(hear("220 hi\r\n"), CLIENT_EVENT_NONE);
    expect("LHLO mail.s.test\r\n");
    ck_assert_int_eq(hear("250-mx\r\n250 PIPELINING\r\n"), CLIENT_EVENT_READY);
    begin();
    ck_assert_int_eq(hear("250 ok\r\n250 ok\r\n550 5.1.1 no\r\n250 ok\r\n354 go\r\n"),
                     CLIENT_EVENT_CONTENT);
    client_session_content_end(&session);
    ck_assert_int_eq(hear("250 2.0.0 saved\r\n"), CLIENT_EVENT_NONE);
    ck_assert_int_eq(hear("452 4.2.2 full\r\n"), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[0].verdict, CLIENT_ACCEPTED);
    ck_assert_int_eq(recipients[1].verdict, CLIENT_REFUSED);
    ck_assert_int_eq(recipients[2].verdict, CLIENT_DEFERRED);
    stop();
    /* There is no HELO to fall back to. */
    start(TLS_USE_NEVER);
    session.setup.is_lmtp = true;
    ck_assert_int_eq(hear("220 hi\r\n500 what?\r\n"), CLIENT_EVENT_FAILED);
    stop();
}
END_TEST

START_TEST(binary_content_goes_in_a_chunk_as_it_is)
{
    start(TLS_USE_NEVER);
    transaction.body = ENVELOPE_BODY_BINARYMIME;
    transaction.recipient_count = 1;
    transaction.bytes = 6;
    greet("250-CHUNKING\r\n250-BINARYMIME\r\n250-PIPELINING\r\n");
    begin();
    expect("MAIL FROM:<s@s.test> BODY=BINARYMIME\r\nRCPT TO:<a@x.test>\r\n");
    ck_assert_int_eq(hear("250 ok\r\n250 ok\r\n"), CLIENT_EVENT_CONTENT);
    client_session_content(&session, SLICE(".\n\r.\n\xff"));
    client_session_content_end(&session);
    expect("BDAT 6 LAST\r\n.\n\r.\n\xff");
    ck_assert_int_eq(hear("250 ok\r\n"), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[0].verdict, CLIENT_ACCEPTED);
    stop();
}
END_TEST

/* Sends two bytes to the two recipients by BDAT; only the first of them is taken at RCPT. */
static void give_chunk(void)
{
    expect("MAIL FROM:<s@s.test>\r\nRCPT TO:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n");
    ck_assert_int_eq(hear("250 ok\r\n250 ok\r\n550 5.1.1 no\r\n"), CLIENT_EVENT_CONTENT);
    give(".\n");
    expect("BDAT 2 LAST\r\n.\n");
}

START_TEST(ordinary_content_goes_in_a_chunk_where_it_may)
{
    start(TLS_USE_NEVER);
    session.setup.chunks = true;
    transaction.bytes = 2;
    greet("250-CHUNKING\r\n250-PIPELINING\r\n");
    begin();
    give_chunk();
    ck_assert_int_eq(hear("250 ok\r\n"), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[0].verdict, CLIENT_ACCEPTED);
    ck_assert_int_eq(recipients[1].verdict, CLIENT_REFUSED);
    /* Nobody is left: no content. */
    begin();
    buf_reset(&session.out);
    ck_assert_int_eq(hear("250 ok\r\n550 no\r\n550 no\r\n"), CLIENT_EVENT_DONE);
    expect("");
    stop();
}
END_TEST

START_TEST(behind_a_refused_chunk_comes_a_reset)
{
    start(TLS_USE_NEVER);
    session.setup.chunks = true;
    transaction.bytes = 2;
    greet("250-CHUNKING\r\n250-PIPELINING\r\n");
    begin();
    give_chunk();
    ck_assert_int_eq(hear("554 5.6.0 spam\r\n"), CLIENT_EVENT_DONE);
    ck_assert_int_eq(recipients[0].verdict, CLIENT_REFUSED);
    ck_assert(!client_session_chunk_unknown(&session));
    begin();
    ck_assert_int_eq(strncmp(buf_text(&session.out), "RSET\r\n", 6), 0);
    buf_consume(&session.out, 6);
    ck_assert_int_eq(hear("250 ok\r\n"), CLIENT_EVENT_NONE);
    give_chunk();
    ck_assert_int_eq(hear("502 5.5.1 what?\r\n"), CLIENT_EVENT_DONE);
    ck_assert(client_session_chunk_unknown(&session));
    stop();
}
END_TEST

START_TEST(a_priority_is_told_where_it_is_understood)
{
    start(TLS_USE_IF_OFFERED);
    greet("250-MT-PRIORITY MIXER\r\n");
    transaction.priority = -4;
    begin();
    expect("MAIL FROM:<s@s.test> MT-PRIORITY=-4\r\n");
    stop();
    start(TLS_USE_IF_OFFERED);
    greet("250-MT-PRIORITY\r\n");
    begin();
    expect("MAIL FROM:<s@s.test>\r\n");
    stop();
    start(TLS_USE_IF_OFFERED);
    greet("");
    transaction.priority = 6;
    begin();
    expect("MAIL FROM:<s@s.test>\r\n");
    stop();
}
END_TEST

UNIT_MAIN(a_priority_is_told_where_it_is_understood, ordinary_content_goes_in_a_chunk_where_it_may,
          behind_a_refused_chunk_comes_a_reset, binary_content_goes_in_a_chunk_as_it_is,
          with_lmtp_each_recipient_has_its_own_end, a_message_step_by_step, a_message_in_one_go,
          all_refused_and_yet_it_wants_the_content, mail_refused_counts_for_all,
          the_421_ends_the_session, a_bad_greeting_fails_the_session,
          helo_follows_where_ehlo_is_unknown, starttls_as_the_policy_wants_it,
          what_the_server_cannot_take_is_not_sent, quit_is_answered, it_logs_in_within_tls,
          requiretls_is_said_where_it_is_offered_and_else_nothing_goes,
          requiretls_of_a_bounce_is_said_where_it_is_offered_in_tls)
