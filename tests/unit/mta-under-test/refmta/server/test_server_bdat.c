#include "tests/unit/mta-under-test/refmta/server/server_stand.h"

static void begin(const char *parameters)
{
    char line[200];
    start_from("192.0.2.1");
    snprintf(line, sizeof line, "EHLO c.test\r\nMAIL FROM:<a@s.test>%s\r\nRCPT TO:<b@x.test>\r\n",
             parameters);
    say(line);
    buf_reset(&session.out);
}

/* The content behind the fields of our own. */
static struct slice content(void)
{
    return slice_skip(buf_slice(&session.content), session.trace_bytes);
}

START_TEST(chunks_become_one_message)
{
    begin("");
    say("BDAT 12\r\nSubject: x\r\n");
    expect("250 2.0.0 *\n");
    ck_assert_int_eq(say("BDAT 5\r\n\r\n.\r\nBDAT 0 LAST\r\n"), SERVER_EVENT_MESSAGE);
    expect("250 2.0.0 *\n");
    ck_assert(slice_is(content(), "Subject: x\r\n\r\n.\r\n"));
    ck_assert_int_eq(session.envelope.body, ENVELOPE_BODY_7BIT);
    stop();
}
END_TEST

START_TEST(a_dot_ends_nothing)
{
    begin("");
    ck_assert_int_eq(say("BDAT 7 LAST\r\na\r\n.\r\nxNOOP\r\n"), SERVER_EVENT_MESSAGE);
    ck_assert(slice_is(content(), "a\r\n.\r\nx"));
    ck_assert(slice_is(buf_slice(&in), "NOOP\r\n"));
    stop();
}
END_TEST

START_TEST(binary_stays_binary)
{
    begin(" BODY=BINARYMIME");
    say("DATA\r\n");
    expect("503 5.5.1 *\n");
    buf_add_text(&in, "BDAT 7 LAST\r\n");
    buf_add(&in,
            "\r\n\n\r\0\xff"
            "z",
            7);
    ck_assert_int_eq(server_session_feed(&session, &in), SERVER_EVENT_MESSAGE);
    ck_assert_int_eq(session.envelope.body, ENVELOPE_BODY_BINARYMIME);
    ck_assert_int_eq(memcmp(content().data,
                            "\r\n\n\r\0\xff"
                            "z",
                            7),
                     0);
    stop();
    /* Announced as binary, and yet lines of text: any server can have it. */
    begin(" BODY=BINARYMIME");
    ck_assert_int_eq(say("BDAT 8 LAST\r\na\r\n\r\nb\r\n"), SERVER_EVENT_MESSAGE);
    ck_assert_int_eq(session.envelope.body, ENVELOPE_BODY_7BIT);
    stop();
}
END_TEST

START_TEST(text_in_chunks_has_no_bare_newlines)
{
    static const char *const BAD[] = {"BDAT 4 LAST\r\na\nb\nNOOP\r\n",
                                      "BDAT 2\r\na\rBDAT 2 LAST\r\nb\nNOOP\r\n",
                                      "BDAT 2 LAST\r\na\rNOOP\r\n"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        begin("");
        ck_assert_int_eq(say(BAD[i]), SERVER_EVENT_NONE);
        ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "550 5.6.11 "));
        ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "\r\n250 2.0.0 OK\r\n"));
        stop();
    }
    /* CR LF cut by two chunks is whole. */
    begin("");
    ck_assert_int_eq(say("BDAT 2\r\na\rBDAT 1 LAST\r\n\n"), SERVER_EVENT_MESSAGE);
    stop();
}
END_TEST

/* What cannot be taken is read as content all the same: it never becomes commands. */
START_TEST(a_refused_chunk_is_no_command)
{
    start_from("203.0.113.1");
    say("EHLO c.test\r\nMAIL FROM:<a@s.test>\r\nRCPT TO:<b@x.test>\r\n");
    buf_reset(&session.out);
    say("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
    expect("503 5.5.1 *\n250 2.0.0 OK\n");
    stop();
    begin("");
    ck_assert_int_eq(say("BDAT x\r\nRSET\r\n"), SERVER_EVENT_CLOSE);
    expect("501 5.5.4 *\n421 4.7.0 *\n");
    stop();
    begin("");
    say("BDAT 2\r\n\r\nMAIL FROM:<c@s.test>\r\nDATA\r\nRSET\r\nNOOP\r\n");
    expect("250 *\n503 5.5.1 *\n503 5.5.1 *\n250 *\n250 *\n");
    stop();
}
END_TEST

START_TEST(chunks_have_the_size_limit)
{
    begin("");
    buf_add_text(&in, "BDAT 200000 LAST\r\n");
    for (unsigned i = 0; i < 200000; i++)
        buf_add_char(&in, i % 100 == 98 ? '\r' : i % 100 == 99 ? '\n' : 'x');
    ck_assert_int_eq(server_session_feed(&session, &in), SERVER_EVENT_NONE);
    expect("552 5.3.4 *\n");
    stop();
}
END_TEST

UNIT_MAIN(chunks_become_one_message, a_dot_ends_nothing, binary_stays_binary,
          text_in_chunks_has_no_bare_newlines, a_refused_chunk_is_no_command,
          chunks_have_the_size_limit)
