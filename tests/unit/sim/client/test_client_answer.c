#include "sim/client/client_answer.h"

#include "tests/unit/unit.h"

START_TEST(answers)
{
    static const struct {
        const char *input;
        bool is_ended;
        int found;
        int code;
        const char *text;
        const char *rest;
    } CASES[] = {
        {"HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\n{}\n\nHTTP", false, 1, 202, "{}",
         "HTTP"},
        {"HTTP/1.0 200 OK\ncontent-length: 0\n\n", false, 1, 200, "", ""},
        {"HTTP/1.1 204 No Content\r\n\r\nx", false, 1, 204, "", "x"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 1\r\n\r\nn", false, 1,
         401, "n", ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\nA\r\n0123456789\r\n"
         "0\r\nX: y\r\n\r\nrest",
         false, 1, 200, "ab0123456789", "rest"},
        /* Up to the end of the connection. */
        {"HTTP/1.1 200 OK\r\n\r\n ab \n", true, 1, 200, " ab", ""},
        {"HTTP/1.1 200 OK\r\n\r\nab\n", false, 0, 0, NULL, NULL},
        /* Not all is there. */
        {"", false, 0, 0, NULL, NULL},
        {"HTTP/1.1 200", false, 0, 0, NULL, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", false, 0, 0, NULL, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", true, 0, 0, NULL, NULL},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", false, 0, 0, NULL,
         NULL},
        {"HTTP/1.1 100 Continue\r\n\r\n", false, 0, 0, NULL, NULL},
        /* No answer. */
        {"220 mail.sender.test\r\n", false, -1, 0, NULL, NULL},
        {"HTTP/1.1 2x0 OK\r\n\r\n", false, -1, 0, NULL, NULL},
        {"HTTP/1.1 900 OK\r\n\r\n", false, -1, 0, NULL, NULL},
        {"HTTP/1.1 200 OK\r\nno field\r\n\r\n", false, -1, 0, NULL, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false, -1, 0, NULL, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", false, -1, 0, NULL, NULL},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxy\r\n", false, -1, 0, NULL, NULL},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", false, -1, 0, NULL,
         NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct submit_reply reply;
        size_t used = 0;
        submit_reply_init(&reply);
        int found = client_answer_parse(&reply, slice_of(CASES[i].input), CASES[i].is_ended, &used);
        ck_assert_msg(found == CASES[i].found, "case %zu: %d", i, found);
        if (found == 1) {
            ck_assert_int_eq(reply.code, CASES[i].code);
            ck_assert_str_eq(buf_text(&reply.text), CASES[i].text);
            ck_assert_str_eq(CASES[i].input + used, CASES[i].rest);
        }
        submit_reply_deinit(&reply);
    }
}
END_TEST

UNIT_MAIN(answers)
