/* results.json and the words for the terminal. */
#include "tests/unit/sim/check/check_fixture.h"

static void deferred_and_delivered(void)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"within\":\"5m\"},{\"is\":\"delivered\"}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    try_rcpt("mx.a.test#1", 451, "4.7.1 greylisted");
    at(10 * TIME_MINUTE);
    deliver("mx.a.test#2", "");
    judge("settled");
}

static char *results_text(void)
{
    char path[] = "/tmp/mailrange-results-XXXXXX";
    struct buf text;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(check_results_write(fx.report, path, &fx.err), 0);
    buf_init(&text, 1000000);
    ck_assert_int_eq(file_read(path, &text, &fx.err), 0);
    unlink(path);
    return buf_take(&text);
}

START_TEST(test_results_hold_what_people_ask_for)
{
    deferred_and_delivered();
    char *text = results_text();
    cJSON *json = cJSON_Parse(text);
    ck_assert_ptr_nonnull(json);
    const cJSON *counts = cJSON_GetObjectItem(json, "counts");
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "expectations"), 0);
    const cJSON *delivery = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "deliveries"), 0);
    const cJSON *tries = cJSON_GetObjectItem(delivery, "tries");
    ck_assert_str_eq(cJSON_GetObjectItem(json, "verdict")->valuestring, "failed");
    ck_assert_int_eq(cJSON_GetObjectItem(counts, "delivered")->valueint, 1);
    ck_assert_int_eq(cJSON_GetObjectItem(counts, "attempts")->valueint, 2);
    ck_assert_str_eq(cJSON_GetObjectItem(first, "verdict")->valuestring, "failed");
    ck_assert_str_eq(cJSON_GetObjectItem(first, "expected")->valuestring, "within 5m");
    ck_assert_str_eq(cJSON_GetObjectItem(first, "place")->valuestring, "$[0]");
    ck_assert_str_eq(cJSON_GetObjectItem(delivery, "end")->valuestring, "delivered");
    ck_assert_int_eq(cJSON_GetArraySize(tries), 2);
    ck_assert_str_eq(cJSON_GetObjectItem(cJSON_GetArrayItem(tries, 0), "outcome")->valuestring,
                     "deferred");
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "invariants")), 8);
    cJSON_Delete(json);
    free(text);
    done();
}
END_TEST

START_TEST(test_the_same_run_gives_the_same_bytes)
{
    deferred_and_delivered();
    char *first = results_text();
    done();
    deferred_and_delivered();
    char *second = results_text();
    done();
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}
END_TEST

START_TEST(test_a_failure_is_printed_with_all_that_leads_to_it)
{
    struct buf out;
    uint64_t numbers[21] = {[20] = 77};
    const struct check_packets packets = {numbers, 21};
    deferred_and_delivered();
    buf_init(&out, 100000);
    check_report_print(fx.report, false, &packets, &out);
    ck_assert_str_eq(buf_text(&out), "  FAILED: every message: delivered within 5m ($[0])\n"
                                     "      expected  within 5m\n"
                                     "      happened  delivered after 10m at mx.a.test\n"
                                     "      message   m1 to bob@a.test\n"
                                     "      when      10m after the start\n"
                                     "      session   mx.a.test#2\n"
                                     "      event     20\n"
                                     "      packet    77 of capture.pcapng\n"
                                     "  1 of 2 expectations and 8 of 8 invariants hold\n");
    buf_reset(&out);
    check_report_print(fx.report, true, &packets, &out);
    ck_assert_ptr_nonnull(strstr(
        buf_text(&out), "  ok: every message: delivered: delivered after 10m at mx.a.test\n"));
    buf_deinit(&out);
    done();
}
END_TEST

START_TEST(test_a_log_that_is_no_log_is_an_error)
{
    begin("bob@a.test", "[]");
    fputs("not json\n", fx.log);
    fclose(fx.log);
    ck_assert_int_eq(check_run(&fx.scenario, fx.path, &fx.report, &fx.err), -1);
    ck_assert_ptr_nonnull(strstr(fx.err.text, ":3: this line is no event"));
    unlink(fx.path);
    ck_assert_int_eq(check_run(&fx.scenario, fx.path, &fx.report, &fx.err), -1);
    done();
}
END_TEST

UNIT_MAIN(test_results_hold_what_people_ask_for, test_the_same_run_gives_the_same_bytes,
          test_a_failure_is_printed_with_all_that_leads_to_it,
          test_a_log_that_is_no_log_is_an_error)
