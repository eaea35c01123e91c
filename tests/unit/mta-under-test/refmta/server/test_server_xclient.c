#include "tests/unit/mta-under-test/refmta/server/server_stand.h"

static void begin(bool may_xclient)
{
    start_from("192.0.2.1");
    session.setup.may_xclient = may_xclient;
    say("EHLO proxy.test\r\n");
    ck_assert(may_xclient == (strstr(buf_text(&session.out),
                                     "250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR "
                                     "DESTPORT\r\n") != NULL));
    buf_reset(&session.out);
}

START_TEST(becomes_the_client)
{
    begin(true);
    ck_assert_int_eq(say("XCLIENT NAME=spike.test ADDR=203.0.113.9 PORT=4711 LOGIN=a+2Bb\r\n"),
                     SERVER_EVENT_CLIENT);
    expect("220 mail.h.test *\n");
    ck_assert_uint_eq(session.setup.client.port, 4711);
    ck_assert_str_eq(session.user, "a+b");
    say("MAIL FROM:<a@b.test>\r\n");
    expect("503 5.5.1 *\n"); /* EHLO again */
    /* The proxy goes on with the next one, who has not logged in. */
    ck_assert_int_eq(say("XCLIENT LOGIN=[UNAVAILABLE] ADDR=IPV6:2001:db8::9\r\n"),
                     SERVER_EVENT_CLIENT);
    expect("220 *\n");
    ck_assert_int_eq(session.setup.client.address.family, AF_INET6);
    ck_assert_ptr_null(session.user);
    say("EHLO x.test\r\n");
    buf_reset(&session.out);
    say("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@elsewhere.test>\r\nXCLIENT ADDR=192.0.2.1\r\n");
    expect("250 *\n550 5.7.1 relaying denied\n503 5.5.1 *\n");
    stop();
}
END_TEST

START_TEST(refused)
{
    static const char *const WRONG[] = {
        "",           " ADDR",          " ADDR=1.2.3",   " FOO=x",
        " PORT=x",    " PORT=65536",    " LOGIN=a b+zz", " LOGIN=+20",
        " ADDR=+31.", " ADDR=1.2.3.4 x"};
    begin(false);
    say("XCLIENT ADDR=203.0.113.9\r\n");
    expect("550 5.7.1 *\n");
    stop();
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        char *line = mem_text_format("XCLIENT%s\r\n", WRONG[i]);
        begin(true);
        ck_assert_int_eq(say(line), SERVER_EVENT_NONE);
        expect("501 5.5.4 *\n");
        free(line);
        stop();
    }
}
END_TEST

UNIT_MAIN(becomes_the_client, refused)
