#include "tests/unit/mta-under-test/refmta/server/server_stand.h"

static char asked[64];

static size_t flush(void *arg, struct slice domain)
{
    (void)arg;
    snprintf(asked, sizeof asked, "%.*s", SLICE_ARG(domain));
    return slice_is(domain, "full.test") ? 3 : 0;
}

START_TEST(by_policy)
{
    start_with("203.0.113.9", ", \"etrn\": [\"full.test\", \"empty.test\"]");
    session.setup.flush = flush;
    say("HELO x.test\r\nETRN full.test\r\nEHLO x.test\r\n");
    ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "503 5.5.1 say EHLO first\r\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "250-ETRN\r\n"));
    buf_reset(&session.out);
    say("ETRN full.test\r\n");
    expect("253 2.0.0 3 pending *\n");
    ck_assert_str_eq(asked, "full.test");
    asked[0] = '\0';
    say("ETRN empty.test\r\nETRN other.test\r\nETRN @full.test\r\nETRN\r\n");
    expect("251 2.0.0 *\n459 4.7.1 *\n501 5.5.4 *\n501 5.5.4 *\n");
    ck_assert_str_eq(asked, "empty.test");
    stop();
    start_from("203.0.113.9");
    say("EHLO x.test\r\n");
    ck_assert_ptr_null(strstr(buf_text(&session.out), "ETRN"));
    buf_reset(&session.out);
    say("ETRN full.test\r\n");
    expect("502 5.5.1 *\n");
    stop();
}
END_TEST

UNIT_MAIN(by_policy)
