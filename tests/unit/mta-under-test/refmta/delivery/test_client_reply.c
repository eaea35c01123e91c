#include "mta-under-test/refmta/delivery/client_reply.h"

#include "tests/unit/unit.h"

START_TEST(replies_are_put_together)
{
    static const struct {
        const char *text;
        int result;
        int code;
        const char *status;
        const char *whole;
    } CASES[] = {
        {"250 OK\r\n", 1, 250, "", "250 OK"},
        {"250\r\n", 1, 250, "", "250"},
        {"250 \r\n", 1, 250, "", "250"},
        {"250-a\r\n250-b\r\n250 c\r\n", 1, 250, "", "250 a b c"},
        {"550 5.1.1 No such user\r\n", 1, 550, "5.1.1", "550 5.1.1 No such user"},
        {"550-5.7.26 long\r\n550 5.7.26 text\r\n", 1, 550, "5.7.26", "550 5.7.26 long 5.7.26 text"},
        {"421 5.7.32 class differs\r\n", 1, 421, "", "421 5.7.32 class differs"},
        {"550 5.7.1234 x\r\n", 1, 550, "", "550 5.7.1234 x"},
        {"550 5.7 x\r\n", 1, 550, "", "550 5.7 x"},
        {"550 5.7.1\r\n", 1, 550, "5.7.1", "550 5.7.1"},
        {"250 lf only\n", 1, 250, "", "250 lf only"},
        {"250-a\r\n", 0, 0, "", NULL},
        {"25", 0, 0, "", NULL},
        {"250-a\r\n251 b\r\n", -1, 0, "", NULL},
        {"hello\r\n", -1, 0, "", NULL},
        {"150 x\r\n", -1, 0, "", NULL},
        {"650 x\r\n", -1, 0, "", NULL},
        {"250_x\r\n", -1, 0, "", NULL},
        {"\r\n", -1, 0, "", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct client_reply reply;
        struct buf in;
        struct buf whole;
        int result = 0;
        buf_init(&in, 1 << 16);
        buf_init(&whole, 1 << 16);
        client_reply_init(&reply);
        for (const char *c = CASES[i].text; *c != '\0' && result == 0; c++) {
            buf_add_char(&in, *c);
            result = client_reply_feed(&reply, &in);
        }
        ck_assert_msg(result == CASES[i].result, "%s", CASES[i].text);
        if (result == 1) {
            client_reply_text(&reply, &whole);
            ck_assert_int_eq(reply.code, CASES[i].code);
            ck_assert_str_eq(reply.status, CASES[i].status);
            ck_assert_str_eq(buf_text(&whole), CASES[i].whole);
        }
        client_reply_deinit(&reply);
        buf_deinit(&in);
        buf_deinit(&whole);
    }
}
END_TEST

START_TEST(an_endless_reply_has_an_end)
{
    struct client_reply reply;
    struct buf in;
    int result = 0;
    buf_init(&in, 1 << 16);
    client_reply_init(&reply);
    unsigned lines = 0;
    for (; lines < 100000 && result == 0; lines++) {
        buf_add_text(&in, "250-more and more\r\n");
        result = client_reply_feed(&reply, &in);
    }
    ck_assert_int_eq(result, -1);
    ck_assert_uint_eq(lines, CLIENT_REPLY_LINES_MAX + 1);
    client_reply_deinit(&reply);
    client_reply_init(&reply);
    buf_reset(&in);
    for (unsigned i = 0; i < CLIENT_REPLY_LINE_BYTES_MAX + 1; i++)
        buf_add_char(&in, '2');
    ck_assert_int_eq(client_reply_feed(&reply, &in), -1);
    client_reply_deinit(&reply);
    buf_deinit(&in);
}
END_TEST

UNIT_MAIN(replies_are_put_together, an_endless_reply_has_an_end)
