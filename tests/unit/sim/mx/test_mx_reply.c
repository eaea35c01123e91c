#include "sim/mx/mx_reply.h"

#include "tests/unit/unit.h"

static const struct {
    const char *text;
    int code; /* 0: wrong */
    const char *enhanced;
    const char *rest;
} REPLIES[] = {
    {"421 4.7.28 Unusual rate", 421, "4.7.28", "Unusual rate"},
    {"250", 250, "", ""},
    {"250 ok", 250, "", "ok"},
    {"421 5.7.32 class mismatch", 421, "5.7.32", "class mismatch"},
    {"451 4.7.500", 451, "4.7.500", ""},
    {"554 IP=1.2.3.4 - bad", 554, "", "IP=1.2.3.4 - bad"},
    {"550 5.7 two parts", 550, "", "5.7 two parts"},
    {"550 5.7.1. dot behind", 550, "", "5.7.1. dot behind"},
    {"199 low", 0, "", ""},
    {"600 high", 0, "", ""},
    {"560 second digit", 0, "", ""},
    {"42 short", 0, "", ""},
    {"4211 long", 0, "", ""},
    {"later", 0, "", ""},
    {"", 0, "", ""},
    {"450 1.2.3 class", 0, "", ""},
    {"450 a\rb", 0, "", ""},
};

START_TEST(test_parse)
{
    for (size_t i = 0; i < sizeof REPLIES / sizeof REPLIES[0]; i++) {
        struct mx_reply reply;
        const char *wrong = mx_reply_parse(REPLIES[i].text, &reply);
        ck_assert_msg((wrong == NULL) == (REPLIES[i].code != 0), "%s", REPLIES[i].text);
        if (wrong != NULL)
            continue;
        ck_assert_int_eq(reply.code, REPLIES[i].code);
        ck_assert_str_eq(reply.enhanced, REPLIES[i].enhanced);
        ck_assert_str_eq(reply.text, REPLIES[i].rest);
    }
}
END_TEST

START_TEST(test_write)
{
    struct buf out;
    buf_init(&out, 1000);
    struct mx_reply reply = {550, "5.7.1", "one\ntwo"};
    mx_reply_write(&reply, true, &out);
    ck_assert_str_eq(buf_text(&out), "550-5.7.1 one\r\n550 5.7.1 two\r\n");
    buf_reset(&out);
    mx_reply_write(&reply, false, &out);
    ck_assert_str_eq(buf_text(&out), "550-one\r\n550 two\r\n");
    buf_reset(&out);
    mx_reply_write(&(struct mx_reply){.code = 250, .text = ""}, true, &out);
    ck_assert_str_eq(buf_text(&out), "250 \r\n");
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(test_parse, test_write)
