#include "tests/unit/sim/mx/mx_play.h"

#define HELLO                                                                        \
    "new\n< 220 mx.a.test ESMTP\n> EHLO c.test\n< 250-mx.a.test\n< 250-PIPELINING\n" \
    "< 250-SIZE 26214400\n< 250-8BITMIME\n< 250-ENHANCEDSTATUSCODES\n< 250 STARTTLS\n.\n"
#define LMTP_HELLO                                                                  \
    "new\n< 220 mx.a.test LMTP\n> LHLO c.test\n< 250-mx.a.test\n< 250-PIPELINING\n" \
    "< 250-SIZE 26214400\n< 250-8BITMIME\n< 250-ENHANCEDSTATUSCODES\n< 250 STARTTLS\n.\n"
/* For hosts that offer something else: the EHLO reply is not looked at. */
#define START "new\n> HELO c.test\n< 220\n< 250\n.\n"

static const struct play_case DIALOGUES[] = {
    {"a message", "",
     HELLO "> MAIL FROM:<a@s.test> SIZE=10 BODY=8BITMIME\n< 250 2.1.0\n> RCPT TO:<b@a.test>\n"
           "< 250 2.1.5\n> DATA\n< 354 \n> Subject: hello\n> X-Mailrange-Id: m1\n> \n> ..dot\n.\n"
           "> .\n< 250 2.0.0 Ok\n> QUIT\n< 221\n! close\n"
           "log \"kind\":\"accepted\"\nlog \"message\":\"m1\"\nlog \"subject\":\"hello\"\n"
           "log \"reply-sent\":true\nlog \"placement\":\"inbox\"\nlog \"bytes\":44\n"},
    {"LMTP: a reply for each recipient",
     "\"protocol\":\"lmtp\",\"users\":[\"ann\",\"bob\",\"carl\"],\"rules\":[{\"name\":\"full\","
     "\"at\":\"data-end\","
     "\"when\":{\"recipient\":\"bob@*\"},\"then\":{\"reply\":\"452 4.2.2 full\"}}]",
     LMTP_HELLO
     "> MAIL FROM:<a@s.test>\n< 250\n> DATA\n< 503 5.5.1\n> RCPT TO:<ann@a.test>\n< 250\n"
     "> RCPT TO:<gone@a.test>\n< 550\n> RCPT TO:<bob@a.test>\n< 250\n> RCPT TO:<carl@a.test>\n"
     "< 250\n> DATA\n< 354\n> X-Mailrange-Id: m1\n> \n> .\n< 250 2.0.0\n< 452 4.2.2 full\n"
     "< 250 2.0.0\n.\n! input\nfired 1 full\n"
     "log \"stage\":\"data-end\",\"code\":452,\"enhanced\":\"4.2.2\",\"text\":\"full\",\"rule\":"
     "\"full\",\"recipient\":\"bob@a.test\"\n"
     "log \"from\":\"a@s.test\",\"to\":[\"ann@a.test\",\"carl@a.test\"],\"transfer\"\n"
     "nolog declined\n> MAIL FROM:<a@s.test>\n< 250\n> QUIT\n< 221\n"},
    {"LMTP: nobody gets it",
     "\"protocol\":\"lmtp\",\"rules\":[{\"at\":\"data-end\",\"then\":{\"reply\":\"554 5.7.1 "
     "no\"}}]",
     LMTP_HELLO "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<ann@a.test>\n< 250\n> RCPT "
                "TO:<bob@a.test>\n< 250\n> DATA\n< 354\n> .\n< 554\n< 554\n.\n"
                "log \"kind\":\"declined\"\nnolog \"kind\":\"accepted\"\n"},
    {"LMTP: each reply may wait, and the end may come before the last",
     "\"protocol\":\"lmtp\",\"rules\":[{\"at\":\"data-end\",\"when\":{\"recipient\":\"bob@*\"},"
     "\"then\":{\"delay\":\"30s\"}}]",
     LMTP_HELLO "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<ann@a.test>\n< 250\n> RCPT "
                "TO:<bob@a.test>\n< 250\n> DATA\n< 354\n> .\n< 250\n.\n! delay 30s\ngo\n< 250\n.\n"
                "log \"to\":[\"ann@a.test\",\"bob@a.test\"]\nlog \"reply-sent\":true\n"
                "nolog \"reply-sent\":false\n"
                "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<ann@a.test>\n< 250\n> RCPT "
                "TO:<bob@a.test>\n< 250\n> DATA\n< 354\n> .\n< 250\n! delay 30s\nbye\n"
                "log \"reply-sent\":false\n"},
    {"LMTP: a rule ends the session behind the first reply",
     "\"protocol\":\"lmtp\",\"rules\":[{\"at\":\"data-end\",\"when\":{\"recipient\":\"ann@*\"},"
     "\"then\":{\"reply\":\"250 2.0.0 ok\",\"close\":true}}]",
     LMTP_HELLO "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<ann@a.test>\n< 250\n> RCPT "
                "TO:<bob@a.test>\n< 250\n> DATA\n< 354\n> .\n< 250 2.0.0 ok\n.\n! close\n"
                "log \"to\":[\"ann@a.test\"]\n"},
    {"LMTP and SMTP are not confused", "\"protocol\":\"lmtp\"",
     "new\n< 220 mx.a.test LMTP\n> EHLO c.test\n< 500 This is LMTP\n> HELO c.test\n< 500 This is "
     "LMTP\n> LHLO "
     "c.test\n< 250-mx.a.test\n"},
    {"LHLO to SMTP", "", "new\n< 220\n> LHLO c.test\n< 500 LHLO is no\n> EHLO c.test\n< 250-\n"},
    {"two messages and RSET", "",
     HELLO
     "> MAIL FROM:<>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n> RSET\n< 250\n> RCPT TO:<b@a.test>\n"
     "< 503 5.5.1\n> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n> DATA\n< 354\n"
     "> .\n< 250\n> MAIL FROM:<a@s.test>\n< 250\n! input\n"},
    {"pipelined", "",
     HELLO ">> MAIL FROM:<a@s.test>\\r\\nRCPT TO:<b@a.test>\\r\\nDATA\\r\\n\n< 250\n< 250\n< 354\n"
           ">> x\\r\\n.\\r\\nQUIT\\r\\n\n< 250\n< 221\n"},
    {"a group after a refused MAIL",
     "\"rules\":[{\"at\":\"mail\",\"then\":{\"reply\":\"451 4.7.1 no\"}}]",
     HELLO
     ">> MAIL FROM:<a@s.test>\\r\\nRCPT TO:<b@a.test>\\r\\nDATA\\r\\n\n< 451 4.7.1 no\n< 503\n"
     "< 503\n.\n! input\nnolog violation\n"},
    {"commands out of order", "",
     HELLO "> RCPT TO:<b@a.test>\n< 503\n> DATA\n< 503\n> MAIL FROM:<a@s.test>\n< 250\n"
           "> MAIL FROM:<a@s.test>\n< 503\n> DATA\n< 554 5.5.1\n> STARTTLS\n< 503\n> NOOP\n< 250\n"
           "> VRFY bob\n< 252\n> HELP\n< 214\n> FOO\n< 500 5.5.1\n"},
    {"before EHLO", "", "new\n< 220\n> MAIL FROM:<a@s.test>\n< 503\n> EHLO\n< 501\n"},
    {"bad arguments", "",
     HELLO
     "> MAIL FROM:a@s.test\n< 501 5.1.7\n> MAIL FROM:<a@s.test> FOO=1\n< 555 5.5.4\n"
     "> MAIL FROM:<a@s.test> SIZE=x\n< 501 5.5.4\n> MAIL FROM:<a@s.test> RET=HDRS\n< 555\n"
     "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<>\n< 501 5.1.3\n"
     "> RCPT TO:<b@a.test> NOTIFY=NEVER\n< 555\n> RCPT TO:<b@a.test>\n< 250\n> DATA x\n< 501\n"},
    {"parameters of DSN", "\"offers\":[\"DSN\"]",
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250 DSN\n"
     "> MAIL FROM:<a@s.test> RET=HDRS ENVID=x1\n< 250\n"
     "> RCPT TO:<b@a.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@a.test\n< 250\n"
     "> RCPT TO:<b@a.test> NOTIFY=SUCCESS,NEVER\n< 501\n> RCPT TO:<b@a.test> NOTIFY=NEVER\n< "
     "250\n"},
    {"too big", "\"offers\":[\"SIZE 100\"]",
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250 SIZE 100\n> MAIL FROM:<a@s.test> SIZE=101\n< 552 \n"
     "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n> DATA\n< 354\n"
     "> "
     "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"
     "3456789\n"
     "> .\n< 552 Message too big\nnolog accepted\",\"session\n"},
    {"HELO knows no extensions", "",
     START
     "> MAIL FROM:<a@s.test> SIZE=1\n< 555 Unsupported\n> MAIL FROM:<a@s.test>\n< 250 Sender\n"},
    {"EHLO is not known", "\"esmtp\":false",
     "new\n< 220\n> EHLO c.test\n< 502\n> HELO c.test\n< 250 mx.a.test\n.\n"},
    {"unknown users and other domains", "\"accepts\":[\"*@a.test\"],\"users\":[\"bob\",\"ann-*\"]",
     HELLO
     "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<bob@a.test>\n< 250\n> RCPT TO:<ann-1@a.test>\n"
     "< 250\n> RCPT TO:<eve@a.test>\n< 550 5.1.1\n> RCPT TO:<bob@b.test>\n< 550 5.7.1\n"
     "> RCPT TO:<Postmaster@a.test>\n< 250\n> DATA\n< 354\n> .\n< 250\n"
     "log \"to\":[\"bob@a.test\",\"ann-1@a.test\",\"Postmaster@a.test\"]\n"},
    {"all users but one, named as in either form", "\"users\":[\"*\",\"!eve\",\"!al@a.test\"]",
     HELLO "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<bob@a.test>\n< 250\n"
           "> RCPT TO:<eve@a.test>\n< 550 5.1.1\n> RCPT TO:<al@a.test>\n< 550 5.1.1\n"},
    {"chunks", "\"offers\":[\"CHUNKING\",\"PIPELINING\"]",
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250-\n< 250 CHUNKING\n> BDAT 0 LAST\n< 503\n"
     "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n"
     ">> BDAT 4\\r\\n.\\r\\n.BDAT 2 LAST\\r\\n\\r\\n\n< 250 4 bytes\n< 250 Ok\n! input\nlog "
     "\"bytes\":6\n"
     "> NOOP\n< 250\n> BDAT x\n< 501\n"},
    {"chunks that nobody asked for are read and refused", "",
     HELLO "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n"
           ">> BDAT 6 LAST\\r\\nQUIT\\r\\n\n< 554\n! input\n> NOOP\n< 250\n"},
    {"STARTTLS", "",
     HELLO "> STARTTLS now\n< 501\n> STARTTLS\n< 220 2.0.0\n! tls\ntls\n.\n! input\n"
           "> MAIL FROM:<a@s.test>\n< 503\n> EHLO c.test\n< 250-mx\n< 250-P\n< 250-S\n< 250-8\n"
           "< 250 ENHANCEDSTATUSCODES\n.\n> STARTTLS\n< 503\n"
           "log \"ok\":true,\"version\":\"TLSv1.3\"\n"},
    {"commands behind STARTTLS are thrown away", "",
     HELLO ">> STARTTLS\\r\\nMAIL FROM:<evil@s.test>\\r\\n\n< 220\n! tls\ntls\n.\n"
           "log starttls-pipelined\nnolog evil@\n"},
    {"STARTTLS refused", "\"tls\":{\"fault\":\"refuse-454\"}",
     HELLO "> STARTTLS\n< 454 4.7.0\n! input\n> NOOP\n< 250\n"},
    {"STARTTLS stripped", "\"offers\":[\"STARTTLS\"],\"tls\":{\"fault\":\"strip\"}",
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250 XXXXXXXA\n> STARTTLS\n< 502\n"},
    {"AUTH",
     "\"offers\":[\"AUTH PLAIN LOGIN\"],\"accepts\":\"*@a.test\",\"credentials\":{\"u\":\"p\"}",
     "new\n< 220\n> EHLO c.test\n< 250-\n< 250 AUTH PLAIN LOGIN\n> AUTH PLAIN AHUAeA==\n< 535\n"
     "> AUTH PLAIN\n< 334\n> *\n< 501\n> AUTH LOGIN\n< 334 VXNl\n> dQ==\n< 334 UGFz\n> cA==\n< "
     "235\n"
     "> AUTH PLAIN AHUAcA==\n< 503\n> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@b.test>\n< 250\n"
     "log auth-in-clear\nnolog cA==\n"},
    {"an endless line", "", "new\n< 220\n! input\n"},
    {"a banner and lines of its own", "\"banner\":\"one\\ntwo\",\"offers\":[\"X-FOO bar\"]",
     "new\n< 220-one\n< 220 two\n> EHLO c.test\n< 250-mx.a.test\n< 250 X-FOO bar\n.\n"},
    {"leaving in the middle", "",
     HELLO
     "> MAIL FROM:<a@s.test>\n< 250\nbye\nlog \"by\":\"client\",\"quit\":false\nlog no-quit\n"},
};

START_TEST(test_dialogues)
{
    for (size_t i = 0; i < sizeof DIALOGUES / sizeof DIALOGUES[0]; i++)
        play_case(&DIALOGUES[i]);
}
END_TEST

/* The same bytes in any pieces give the same replies. */
START_TEST(test_pieces_do_not_matter)
{
    static const char BYTES[] = "EHLO c.test\r\nMAIL FROM:<a@s.test>\r\nRCPT TO:<b@a.test>\r\n"
                                "DATA\r\nSubject: x\r\n\r\n..a\r\n.\r\nFOO\r\nQUIT\r\n";
    struct buf first;
    buf_init(&first, 10000);
    for (size_t step = 1; step < sizeof BYTES; step++) {
        struct play play;
        play_open(&play, "pieces", "");
        play_script(&play, "new\n");
        for (size_t at = 0; at < sizeof BYTES - 1; at += step)
            play_feed(&play, slice_first(slice_skip(slice_of(BYTES), at), step));
        if (step == 1)
            buf_add_slice(&first, buf_slice(&play.said));
        ck_assert_str_eq(buf_text(&play.said), buf_text(&first));
        play_close(&play);
    }
    buf_deinit(&first);
}
END_TEST

START_TEST(test_limits)
{
    struct play play;
    play_open(&play, "limits", "");
    play.limits.endless_bytes_max = 100;
    play.limits.line_bytes_max = 50;
    play.limits.bad_commands_max = 2;
    play_script(&play, "new\n< 220\n");
    for (int i = 0; i < 11; i++)
        play_feed(&play, SLICE("0123456789"));
    play_script(&play, "< 421 Endless line\n! close\nlog command-too-long\n");
    play_script(&play,
                "new\n< 220\n> EHLO c.test\n< 250-\n< 250-\n< 250-\n< 250-\n< 250-\n< 250\n");
    play_script(&play, "> NOOP 012345678901234567890123456789012345678901234567890\n< 500 5.5.2\n"
                       "> FOO\n< 500\n> FOO\n< 421 4.7.0\n! close\n");
    play_close(&play);
}
END_TEST

/* Whoever never reads is not read from. */
START_TEST(test_output_is_bounded)
{
    struct play play;
    play_open(&play, "bounded", "");
    play.limits.output_bytes_max = 1000;
    play_script(&play, "new\n");
    struct buf noops;
    buf_init(&noops, 100000);
    for (int i = 0; i < 1000; i++)
        buf_add_text(&noops, "NOOP\r\n");
    size_t consumed = mx_session_feed(play.session, play.now_us, buf_slice(&noops));
    ck_assert_uint_lt(consumed, noops.len / 2);
    ck_assert_uint_lt(mx_session_output(play.session)->len, 1100);
    buf_deinit(&noops);
    play_close(&play);
}
END_TEST

START_TEST(test_time_out)
{
    struct play play;
    play_open(&play, "time out", "");
    play_script(&play, "new\n< 220\n");
    mx_session_time_out(play.session, play.now_us);
    play_take_output(&play);
    play_script(&play, "< 421 Timeout\n! close\nlog \"code\":421\n");
    play_close(&play);
}
END_TEST

UNIT_MAIN(test_dialogues, test_pieces_do_not_matter, test_limits, test_output_is_bounded,
          test_time_out)
