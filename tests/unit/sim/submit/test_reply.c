#include "sim/submit/submit_reply.h"

#include "tests/unit/unit.h"

static int parse(struct submit_reply *reply, const char *input, size_t *used)
{
    return submit_reply_parse(reply, slice_of(input), used);
}

START_TEST(test_a_reply_of_several_lines_is_one)
{
    struct submit_reply reply;
    size_t used = 0;
    submit_reply_init(&reply);
    ck_assert_int_eq(parse(&reply, "250-mail.a.test\r\n250-SIZE 100\r\n250 8BITMIME\r\n220", &used),
                     1);
    ck_assert_int_eq(reply.code, 250);
    ck_assert_str_eq(buf_text(&reply.text), "mail.a.test\nSIZE 100\n8BITMIME");
    ck_assert_uint_eq(used, strlen("250-mail.a.test\r\n250-SIZE 100\r\n250 8BITMIME\r\n"));
    submit_reply_deinit(&reply);
}
END_TEST

START_TEST(test_the_enhanced_status_is_taken_off_the_text)
{
    struct submit_reply reply;
    size_t used = 0;
    submit_reply_init(&reply);
    ck_assert_int_eq(parse(&reply, "451 4.7.1 try later\r\n", &used), 1);
    ck_assert_str_eq(reply.enhanced, "4.7.1");
    ck_assert_str_eq(buf_text(&reply.text), "try later");
    ck_assert_int_eq(parse(&reply, "354 1.2 go\r\n", &used), 1);
    ck_assert_str_eq(reply.enhanced, "");
    ck_assert_str_eq(buf_text(&reply.text), "1.2 go");
    ck_assert_int_eq(parse(&reply, "250\r\n", &used), 1);
    ck_assert_str_eq(buf_text(&reply.text), "");
    submit_reply_deinit(&reply);
}
END_TEST

START_TEST(test_half_a_reply_waits_and_nonsense_is_refused)
{
    struct submit_reply reply;
    size_t used = 0;
    submit_reply_init(&reply);
    ck_assert_int_eq(parse(&reply, "250-one\r\n", &used), 0);
    ck_assert_int_eq(parse(&reply, "", &used), 0);
    ck_assert_int_eq(parse(&reply, "HTTP/1.1 200 OK\r\n", &used), -1);
    ck_assert_int_eq(parse(&reply, "250-one\r\n251 two\r\n", &used), -1);
    ck_assert_int_eq(parse(&reply, "999 x\r\n", &used), -1);
    submit_reply_deinit(&reply);
}
END_TEST

START_TEST(test_an_event_tells_the_beginning_of_a_long_reply)
{
    struct submit_reply reply;
    struct json_out out;
    struct buf input;
    struct buf event;
    struct buf wanted;
    size_t used = 0;
    submit_reply_init(&reply);
    buf_init(&input, 2000);
    buf_init(&event, 2000);
    buf_init(&wanted, 2000);
    buf_format(&input, "550 5.7.1 %01500d\r\n", 0);
    buf_format(&wanted, "{\"code\":550,\"enhanced\":\"5.7.1\",\"text\":\"%01000d\"}", 0);
    ck_assert_int_eq(parse(&reply, buf_text(&input), &used), 1);
    json_out_init(&out, &event);
    json_out_object(&out, NULL);
    submit_reply_tell(&reply, &out);
    json_out_end(&out);
    ck_assert_str_eq(buf_text(&event), buf_text(&wanted));
    submit_reply_deinit(&reply);
    buf_deinit(&input);
    buf_deinit(&event);
    buf_deinit(&wanted);
}
END_TEST

UNIT_MAIN(test_a_reply_of_several_lines_is_one, test_the_enhanced_status_is_taken_off_the_text,
          test_half_a_reply_waits_and_nonsense_is_refused,
          test_an_event_tells_the_beginning_of_a_long_reply)
