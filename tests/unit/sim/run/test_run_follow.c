/* A log that is read while it grows: what comes out is what reading it at the end gives. */
#include "sim/run/run_follow.h"

#include "tests/unit/sim/check/check_fixture.h"

enum { PADDING_BYTES = 8192, LONG_EVENTS = 2000 };

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
    return (struct run_follow){.scenario = &fx.scenario, .events_path = fx.path};
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
    ck_assert_int_eq(run_follow_finish(&follow, &report, &fx.err), 0);
    ck_assert_ptr_null(follow.reading);
    ck_assert_int_eq(report->verdict, CHECK_FAILED);
    char *followed = results_of(&report);
    ck_assert_int_eq(check_run(&fx.scenario, fx.path, &report, &fx.err), 0);
    char *read_at_the_end = results_of(&report);
    ck_assert_str_eq(followed, read_at_the_end);
    free(followed);
    free(read_at_the_end);
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
    ck_assert_int_eq(run_follow_finish(&follow, &fx.report, &fx.err), 0);
    ck_assert_str_eq(fx.report->history->reason, "settled");
    unlink(fx.path);
    done();
}
END_TEST

START_TEST(test_a_log_that_is_not_there_yet_is_waited_for)
{
    struct run_follow follow = {.scenario = &fx.scenario, .events_path = "/tmp/no/such/log"};
    ck_assert_int_gt(run_follow_step(&follow), 0);
    ck_assert(!follow.given_up);
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
    ck_assert_int_eq(run_follow_finish(&follow, &fx.report, &fx.err), -1);
    ck_assert_ptr_nonnull(strstr(fx.err.text, ":3: this line is no event"));
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
    ck_assert_int_eq(run_follow_finish(&follow, &fx.report, &fx.err), -1);
    ck_assert_ptr_nonnull(strstr(fx.err.text, ":2003: this line is no event"));
    unlink(fx.path);
    done();
}
END_TEST

UNIT_MAIN(test_what_was_followed_is_judged_as_what_is_read_at_the_end,
          test_a_short_log_is_left_for_the_end, test_a_log_that_is_not_there_yet_is_waited_for,
          test_a_line_that_is_no_event_is_told_at_the_end,
          test_a_log_that_is_cut_is_told_at_the_end)
