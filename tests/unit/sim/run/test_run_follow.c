/* A log that is read while it grows: what comes out is what reading it at the end gives. */
#include "sim/run/run_follow.h"

#include "reports/report_suite.h"
#include "tests/unit/sim/check/check_fixture.h"

enum { PADDING_BYTES = 8192, LONG_EVENTS = 2000, PAGE_BYTES_MAX = 16 * 1024 * 1024 };

/* More than the least that is followed. */
static void grow(void)
{
    static char padding[PADDING_BYTES];
    memset(padding, 'x', sizeof padding - 1);
    for (int i = 0; i < LONG_EVENTS; i++)
        event("mx", "data", "\"text\":\"%s\"", padding);
    fflush(fx.log);
}

static struct run_follow follow_log(void)
{
    struct run_follow follow;
    run_follow_to_judge(&follow, &fx.scenario, fx.path);
    return follow;
}

static void follow_to_the_end(struct run_follow *follow)
{
    while (run_follow_step(follow) == 0)
        continue;
}

static char *results_of(struct check_report **report)
{
    struct buf text;
    struct err err = {0};
    char path[] = "/tmp/run-follow-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(check_results_write(*report, path, &err), 0);
    buf_init(&text, 1000000);
    ck_assert_int_eq(file_read(path, &text, &err), 0);
    unlink(path);
    check_report_free(report);
    return text.data;
}

START_TEST(test_what_was_followed_is_judged_as_what_is_read_at_the_end)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"attempts\":1}]");
    submit("bob@a.test");
    struct run_follow follow = follow_log();
    grow();
    follow_to_the_end(&follow);
    ck_assert_ptr_nonnull(follow.reading);
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    fputs("{\"seq\":", fx.log);
    fflush(fx.log);
    follow_to_the_end(&follow);
    fprintf(fx.log, "%ld,\"at\":0,\"source\":\"mx\",\"kind\":\"data\"}\n", fx.seq++);
    mail("mx.a.test#1", "news@sender.test");
    rcpt("mx.a.test#1", "bob@a.test", 450, "later");
    bye("mx.a.test#1");
    fflush(fx.log);
    follow_to_the_end(&follow);
    event("run", "end", "\"reason\":\"settled\",\"detail\":\"\"");
    fclose(fx.log);
    struct check_report *report = NULL;
    ck_assert_int_eq(run_follow_judge(&follow, &report, &fx.err), 0);
    ck_assert_ptr_null(follow.reading);
    ck_assert_int_eq(report->verdict, CHECK_FAILED);
    char *followed = results_of(&report);
    ck_assert_int_eq(check_run(&fx.scenario, fx.path, &report, &fx.err), 0);
    char *read_at_the_end = results_of(&report);
    ck_assert_str_eq(followed, read_at_the_end);
    free(followed);
    free(read_at_the_end);
    run_follow_deinit(&follow);
    unlink(fx.path);
    done();
}
END_TEST

START_TEST(test_a_short_log_is_left_for_the_end)
{
    begin("bob@a.test", "[]");
    fflush(fx.log);
    struct run_follow follow = follow_log();
    ck_assert_int_gt(run_follow_step(&follow), 0);
    ck_assert_ptr_null(follow.reading);
    event("run", "end", "\"reason\":\"settled\",\"detail\":\"\"");
    fclose(fx.log);
    ck_assert_int_eq(run_follow_judge(&follow, &fx.report, &fx.err), 0);
    ck_assert_str_eq(fx.report->history->reason, "settled");
    run_follow_deinit(&follow);
    unlink(fx.path);
    done();
}
END_TEST

START_TEST(test_a_log_that_is_not_there_yet_is_waited_for)
{
    struct run_follow follow;
    run_follow_to_judge(&follow, &fx.scenario, "/tmp/no/such/log");
    ck_assert_int_gt(run_follow_step(&follow), 0);
    ck_assert(!follow.given_up);
    run_follow_deinit(&follow);
}
END_TEST

START_TEST(test_a_line_that_is_no_event_is_told_at_the_end)
{
    begin("bob@a.test", "[]");
    fputs("nonsense\n", fx.log);
    grow();
    struct run_follow follow = follow_log();
    follow_to_the_end(&follow);
    ck_assert(follow.given_up);
    ck_assert_int_gt(run_follow_step(&follow), 0);
    fclose(fx.log);
    ck_assert_int_eq(run_follow_judge(&follow, &fx.report, &fx.err), -1);
    ck_assert_ptr_nonnull(strstr(fx.err.text, ":3: this line is no event"));
    run_follow_deinit(&follow);
    unlink(fx.path);
    done();
}
END_TEST

/* A run that was killed: its last line has no end. */
START_TEST(test_a_log_that_is_cut_is_told_at_the_end)
{
    begin("bob@a.test", "[]");
    grow();
    fputs("{\"seq\":12", fx.log);
    fflush(fx.log);
    struct run_follow follow = follow_log();
    follow_to_the_end(&follow);
    ck_assert(!follow.given_up);
    fclose(fx.log);
    ck_assert_int_eq(run_follow_judge(&follow, &fx.report, &fx.err), -1);
    ck_assert_ptr_nonnull(strstr(fx.err.text, ":2003: this line is no event"));
    run_follow_deinit(&follow);
    unlink(fx.path);
    done();
}
END_TEST

/* ---- for the report */

static char folder[] = "/tmp/run-follow-XXXXXX";
static char log_path[64];

/* The log is that of a case in this folder. */
static void begin_case(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(log_path, sizeof log_path, "%s/events.jsonl", folder);
}

static void log_into_case(void)
{
    begin("bob@a.test", "[]");
    ck_assert_int_eq(rename(fx.path, log_path), 0);
}

static char *report_of(struct run_follow *follow)
{
    struct buf page;
    struct report_run *run = run_follow_report(follow, &fx.err);
    ck_assert_msg(run != NULL, "%s", fx.err.text);
    const struct report_suite suite = {.runs = &run, .run_count = 1};
    buf_init(&page, PAGE_BYTES_MAX);
    report_html_print(&suite, "", &page);
    report_run_free(&run);
    return page.data;
}

START_TEST(test_what_was_followed_is_reported_as_what_is_read_at_the_end)
{
    struct run_follow follow;
    struct err err = {0};
    begin_case();
    run_follow_to_report(&follow, folder);
    ck_assert_int_gt(run_follow_step(&follow), 0);
    ck_assert(!follow.given_up);
    log_into_case();
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    grow();
    follow_to_the_end(&follow);
    ck_assert_ptr_nonnull(follow.reading);
    mail("mx.a.test#1", "news@sender.test");
    rcpt("mx.a.test#1", "bob@a.test", 450, "later");
    event("mx", "violation",
          "\"session\":\"mx.a.test#1\",\"what\":\"bare-lf\",\"text\":\"t\",\"level\":\"must\"");
    fputs("{\"seq\":", fx.log);
    fflush(fx.log);
    follow_to_the_end(&follow);
    ck_assert(!follow.given_up);
    fprintf(fx.log, "%ld,\"at\":0,\"source\":\"mx\",\"kind\":\"data\"}\n", fx.seq++);
    bye("mx.a.test#1");
    event("run", "end", "\"reason\":\"settled\",\"detail\":\"\"");
    fclose(fx.log);
    char *path = mem_text_format("%s/results.json", folder);
    ck_assert_int_eq(file_write(path,
                                SLICE("{\"verdict\":\"failed\",\"scenario\":{\"name\":\"N\"},"
                                      "\"invariants\":[{\"session\":\"mx.a.test#1\","
                                      "\"verdict\":\"failed\",\"level\":\"must\"}]}"),
                                &err),
                     0);
    char *followed = report_of(&follow);
    ck_assert_ptr_null(follow.reading);
    char *read_at_the_end = report_of(&follow);
    ck_assert_ptr_nonnull(strstr(followed, "450 later"));
    ck_assert_msg(strstr(followed, "bare-lf") == NULL, "what is wrong, the results tell");
    ck_assert_str_eq(followed, read_at_the_end);
    free(path);
    free(followed);
    free(read_at_the_end);
    run_follow_deinit(&follow);
    unit_erase_folder(folder);
    done();
}
END_TEST

START_TEST(test_the_log_of_an_earlier_run_is_not_reported)
{
    struct run_follow follow;
    begin_case();
    log_into_case();
    grow();
    fclose(fx.log);
    run_follow_to_report(&follow, folder);
    follow_to_the_end(&follow);
    ck_assert_ptr_null(follow.reading);
    ck_assert(!file_exists(log_path));
    run_follow_deinit(&follow);
    unit_erase_folder(folder);
    done();
}
END_TEST

UNIT_MAIN(test_what_was_followed_is_judged_as_what_is_read_at_the_end,
          test_a_short_log_is_left_for_the_end, test_a_log_that_is_not_there_yet_is_waited_for,
          test_a_line_that_is_no_event_is_told_at_the_end,
          test_a_log_that_is_cut_is_told_at_the_end,
          test_what_was_followed_is_reported_as_what_is_read_at_the_end,
          test_the_log_of_an_earlier_run_is_not_reported)
