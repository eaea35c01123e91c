#include "sim/mx/mx_predict.h"

#include "tests/unit/sim/mx/mx_play.h"

static struct mx_visit visit_of(unsigned attempts)
{
    struct mx_visit visit = {
        .helo = "mail.sender.test",
        .sender = "a@sender.test",
        .recipient = "b@a.test",
        .start_us = PLAY_START_US,
        .attempts = attempts,
        .tls = true,
        .spacing_us = 3 * TIME_MINUTE,
    };
    ck_assert_int_eq(address_from_text(SLICE("192.0.2.10"), &visit.client), 0);
    return visit;
}

START_TEST(test_greylisting_is_foretold)
{
    static const char *const LINES[] = {
        "attempt 1, 0s after the start\n",
        ("  rcpt      450 4.2.0 <b@a.test>: Recipient address rejected: greylisted, come back in "
         "300 seconds\n"),
        "            by rule \"postgrey\" (reply), when the greylist does not let it pass yet, for "
        "each source-prefix, sender, recipient (networks are 24/64): a retry passes after 5m, if "
        "it "
        "comes within 2d",
        "attempt 2, 3m after the start\n",
        "come back in 120 seconds",
        "attempt 3, 6m after the start\n",
        "  data-end  250 2.0.0 Ok",
    };
    struct play play;
    struct buf out;
    struct mx_visit visit = visit_of(5);
    buf_init(&out, 100000);
    play_open(&play, "predict", "\"profile\":\"greylisting/postgrey\"");
    ck_assert(mx_host_predict(play.host, &visit, &out));
    const char *at = buf_text(&out);
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        at = strstr(at, LINES[i]);
        ck_assert_msg(at != NULL, "no \"%s\" in\n%s", LINES[i], buf_text(&out));
    }
    ck_assert_ptr_null(strstr(at, "attempt 4"));
    /* The host itself has seen nothing of it. */
    play_script(
        &play,
        "fired 0 postgrey\nnew\n< 220\nlog \"session\":\"mx.a.test#1\"\nlog \"attempt\":1\n");
    buf_deinit(&out);
    play_close(&play);
}
END_TEST

static const struct {
    const char *settings;
    const char *line;
    bool taken;
} CASES[] = {
    {"", "  ehlo      250 mx.a.test / PIPELINING / ", true},
    {"\"esmtp\":false", "  data-end  250 Ok", true},
    {"\"rules\":[{\"at\":\"connect\",\"then\":{\"reply\":\"421 4.3.2 full\"}}]",
     "  connect   421 4.3.2 full, then closes\n            by rule \"rule 1\" (reply), always\n",
     false},
    {"\"rules\":[{\"at\":\"mail\",\"then\":{\"delay\":\"2m\",\"hang\":true}}]",
     "  mail      after 2m no reply, then is silent\n            by rule \"rule 1\" (delay, hang), "
     "always\n",
     false},
    {"\"rules\":[{\"at\":\"data-end\",\"then\":{\"lose-reply\":true}}]",
     "  data-end  no reply, then closes\n", true},
    {"\"rules\":[{\"at\":\"data-body\",\"then\":{\"reset\":true}}]",
     "  data-body no reply, then resets\n", false},
    {"\"rules\":[{\"at\":\"mail\",\"when\":{\"tls\":true},\"then\":{\"reply\":\"450 x\"}}]",
     "  mail      450 x\n            by rule \"rule 1\" (reply), when the connection is "
     "encrypted\n",
     false},
    {"\"tls\":{\"fault\":\"alert\"}", "  tls       the handshake fails: alert\n", false},
    {"\"users\":\"bob\"", "  rcpt      550 5.1.1 No such user here\n", false},
    {"\"down\":true", "  network   refused: the host is down\n", false},
    {"\"down\":\"1h..2h\"", "  data-end  250 2.0.0 Ok", true},
    {"\"network\":\"silent\"", "  network   silent in IPv4\n", false},
    {"\"network\":{\"is\":\"unreachable\",\"family\":\"ipv6\"}", "  data-end  250 2.0.0 Ok", true},
    {"\"listens\":[465]", "  network   refused: the host does not listen on port 25\n", false},
    {"\"addresses\":[\"2001:db8::1\"]", "  network   the host has no address in IPv4\n", false},
    {"\"protocol\":\"lmtp\"", "  ehlo      250 mx.a.test / PIPELINING / ", true},
    {"\"rules\":[{\"at\":\"data-body\",\"then\":{\"delay\":\"5s\"}}]",
     "  data-body after 5s no reply\n            by rule \"rule 1\" (delay), always\n"
     "  data-end  250 2.0.0 Ok",
     true},
    {"\"rules\":[{\"at\":\"data-body\",\"then\":{\"reply\":\"550 no\"}}]",
     "  data-body 550 no\n            by rule \"rule 1\" (reply), always\n", false},
    /* The short message is one that RFC 5322 allows, and its lines with dots are whole. */
    {"\"rules\":[{\"at\":\"data-end\",\"when\":{\"header\":{\"From\":\"a@sender.test\",\"Date\":\"*"
     "\","
     "\"Message-ID\":\"<*>\"}},\"then\":{\"junk\":true}}]",
     "by rule \"rule 1\" (junk)", true},
};

START_TEST(test_each_end_is_told)
{
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct play play;
        struct buf out;
        struct mx_visit visit = visit_of(1);
        buf_init(&out, 100000);
        play_open(&play, CASES[i].settings, CASES[i].settings);
        ck_assert_msg(mx_host_predict(play.host, &visit, &out) == CASES[i].taken, "%s\n%s",
                      CASES[i].settings, buf_text(&out));
        ck_assert_msg(strstr(buf_text(&out), CASES[i].line) != NULL, "no \"%s\" in\n%s",
                      CASES[i].line, buf_text(&out));
        buf_deinit(&out);
        play_close(&play);
    }
}
END_TEST

UNIT_MAIN(test_greylisting_is_foretold, test_each_end_is_told)
