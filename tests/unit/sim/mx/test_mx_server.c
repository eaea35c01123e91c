/*
 * Messages, endings and slowness of hosts on the loopback.
 */
#include "tests/unit/sim/mx/mx_stand.h"

/* ---- plain */

START_TEST(test_a_message_is_taken_and_stored)
{
    struct stand stand = {0};
    struct buf content;
    struct err err;
    char path[128];
    strncpy(stand.store, "/tmp/mx-store-XXXXXX", sizeof stand.store - 1);
    ck_assert_ptr_nonnull(mkdtemp(stand.store));
    stand.options.store_folder = stand.store;
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_plain);
    stand_check_log(&stand, "\"kind\":\"accepted\"");
    stand_check_log(&stand, "\"by\":\"server\",\"quit\":true,\"commands\":5,\"accepted\":1");
    snprintf(path, sizeof path, "%s/mx.a.test/1.eml", stand.store);
    buf_init(&content, 10000);
    ck_assert_msg(file_read(path, &content, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buf_text(&content), "Subject: hello\r\n\r\n.body\r\n");
    ck_assert(!mx_server_failed(stand.server, &err));
    buf_deinit(&content);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(stand.store);
    stand_close(&stand);
}
END_TEST

START_TEST(test_a_store_without_room_is_told)
{
    struct stand stand = {0};
    struct err err = {0};
    stand.options.store_folder = "/proc/nowhere";
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_plain);
    ck_assert(mx_server_failed(stand.server, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/proc/nowhere"));
    stand_close(&stand);
}
END_TEST

/* ---- endings */

START_TEST(test_reset_by_a_rule)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"rules\":[{\"at\":\"connect\",\"then\":{\"reset\":true}}]}}",
               "mx.a.test", 25);
    stand_serve(&stand, client_is_reset);
    stand_check_log(&stand, "\"by\":\"reset\"");
    stand_close(&stand);
}
END_TEST

START_TEST(test_an_address_that_no_host_has)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{\"addresses\":\"127.0.0.99\"}}", NULL, 25);
    stand_serve(&stand, client_is_reset);
    stand_check_log(&stand, "\"kind\":\"refused\",\"host\":\"\",\"server\":\"127.0.0.1\","
                            "\"client\":\"127.0.0.1\",\"port\":25");
    stand_close(&stand);
}
END_TEST

START_TEST(test_the_address_says_which_host_answers)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.b.test\":{\"addresses\":\"127.0.0.99\"},"
               "\"mx.a.test\":{\"addresses\":\"127.0.0.1\"}}",
               NULL, 25);
    stand_serve(&stand, client_plain);
    stand_close(&stand);
}
END_TEST

START_TEST(test_a_host_that_is_down)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    ck_assert_int_eq(mx_server_set_down(stand.server, "mx.b.test", true), -1);
    ck_assert_int_eq(mx_server_set_down(stand.server, "mx.a.test", true), 0);
    stand_serve(&stand, client_is_reset);
    stand_check_log(&stand, "\"kind\":\"refused\",\"host\":\"mx.a.test\"");
    ck_assert_int_eq(mx_server_set_down(stand.server, "mx.a.test", false), 0);
    stand_serve(&stand, client_plain);
    stand_close(&stand);
}
END_TEST

static void client_half_closed(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
    say(stand, "EHLO client.test");
    hear(stand, "250");
    hear_end(stand);
    say(stand, "QUIT"); /* it can still be sent; nobody answers */
    hang_up(stand);
}

START_TEST(test_half_close)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"rules\":[{\"at\":\"ehlo\",\"then\":{\"half-close\":true}}]}}",
               "mx.a.test", 25);
    stand_serve(&stand, client_half_closed);
    stand_close(&stand);
}
END_TEST

static void client_leaves_during_a_delay(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
    say(stand, "EHLO client.test");
    hang_up(stand);
    /* The server sees it without its timer of an hour: the next client is answered after that. */
    dial(stand);
    hear(stand, "220");
    hang_up(stand);
}

START_TEST(test_leaving_during_a_delay)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"rules\":[{\"at\":\"ehlo\",\"then\":{\"delay\":\"1h\"}}]}}",
               "mx.a.test", 25);
    stand_serve(&stand, client_leaves_during_a_delay);
    stand_check_log(&stand, "\"session\":\"mx.a.test#1\",\"by\":\"client\"");
    stand_close(&stand);
}
END_TEST

/* ---- slowness */

START_TEST(test_drip_latency_bandwidth)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"latency\":\"2ms\",\"bandwidth\":\"100kB\",\"rules\":["
               "{\"at\":\"banner\",\"then\":{\"drip\":2000,\"delay\":\"5ms\"}}]}}",
               "mx.a.test", 25);
    int64_t before_us = time_monotonic_us();
    stand_serve(&stand, client_plain);
    /* nine round trips of 2 ms, and 17 bytes of banner at 2,000 a second */
    ck_assert_int_ge(time_monotonic_us() - before_us, 18 * TIME_MS);
    stand_close(&stand);
}
END_TEST

UNIT_MAIN(test_a_message_is_taken_and_stored, test_a_store_without_room_is_told,
          test_reset_by_a_rule, test_an_address_that_no_host_has,
          test_the_address_says_which_host_answers, test_a_host_that_is_down, test_half_close,
          test_leaving_during_a_delay, test_drip_latency_bandwidth)
