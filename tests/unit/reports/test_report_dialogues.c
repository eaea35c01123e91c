/*
 * Which sessions of a campaign keep their steps, and that they are the right ones.
 */
#include "reports/report_dialogues.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "reports/report_run.h"
#include "tests/unit/unit.h"

enum {
    MANY = REPORT_SESSIONS_KEPT + 2 * REPORT_SESSIONS_SPECIAL,
    EVENTS_BYTES_MAX = 16 * 1024 * 1024,
};

static char folder[] = "/tmp/report-dialogues-XXXXXX";
static struct buf events;
static long seq;

static void begin(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    buf_init(&events, EVENTS_BYTES_MAX);
    seq = 0;
}

static void mx(size_t session, const char *kind, const char *format, ...) PRINTF_LIKE(3, 4);

static void mx(size_t session, const char *kind, const char *format, ...)
{
    va_list args;
    buf_format(&events,
               "{\"seq\":%ld,\"at\":%ld,\"source\":\"mx\",\"kind\":\"%s\",\"session\":\"s#%zu\"",
               seq, seq, kind, session);
    seq++;
    va_start(args, format);
    buf_vformat(&events, format, args);
    va_end(args);
    buf_add_text(&events, "}\n");
}

static void open_session(size_t session)
{
    mx(session, "connect", ",\"host\":\"mx.a.test\",\"server\":\"198.18.1.1\"");
    mx(session, "reply", ",\"stage\":\"connect\",\"code\":220,\"text\":\"hello %zu\"", session);
}

static void close_session(size_t session)
{
    mx(session, "disconnect", ",\"by\":\"client\",\"quit\":true");
}

static void put(const char *name, struct slice text)
{
    struct err err = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_int_eq(file_write(path, text, &err), 0);
}

/* With a check that names this session. */
static struct report_run *load(size_t named)
{
    struct err err = {0};
    char *results = mem_text_format("{\"expectations\":[{\"session\":\"s#%zu\"}]}", named);
    put("events.jsonl", buf_slice(&events));
    put("results.json", slice_of(results));
    struct report_run *run = report_run_load(folder, &err);
    ck_assert_msg(run != NULL, "%s", err.text);
    free(results);
    return run;
}

static void done(struct report_run *run)
{
    report_run_free(&run);
    buf_deinit(&events);
    unit_erase_folder(folder);
}

static void check_steps(const struct report_run *run, size_t session, size_t count)
{
    const struct report_session *found = &run->sessions[session];
    char *greeting = mem_text_format("hello %zu", session);
    ck_assert_uint_eq(found->step_count, count);
    ck_assert_int_eq(found->steps[0].kind, REPORT_STEP_CONNECT);
    ck_assert_str_eq(found->steps[1].text, greeting);
    ck_assert_uint_eq(found->steps_left_out, 0);
    free(greeting);
}

START_TEST(test_a_session_that_a_check_names_keeps_its_steps)
{
    begin();
    for (size_t i = 0; i < MANY; i++) {
        open_session(i);
        close_session(i);
    }
    struct report_run *run = load(MANY - 1);
    check_steps(run, 0, 3);
    check_steps(run, REPORT_SESSIONS_KEPT - 1, 3);
    for (size_t i = REPORT_SESSIONS_KEPT; i < MANY - 1; i++)
        ck_assert_ptr_null(run->sessions[i].steps);
    check_steps(run, MANY - 1, 3);
    done(run);
}
END_TEST

/* Each ends when the next one has begun, the last ones in turn. */
START_TEST(test_sessions_side_by_side_have_each_their_own_steps)
{
    begin();
    for (size_t i = 0; i < MANY; i++) {
        open_session(i);
        if (i > 0)
            close_session(i - 1);
    }
    mx(MANY - 1, "command", ",\"verb\":\"QUIT\",\"line\":\"QUIT\"");
    struct report_run *run = load(MANY - 3);
    check_steps(run, 1, 3);
    check_steps(run, MANY - 3, 3);
    ck_assert_ptr_null(run->sessions[MANY - 2].steps);
    check_steps(run, MANY - 1, 3); /* it never ended */
    done(run);
}
END_TEST

START_TEST(test_of_the_special_ones_those_that_ended_first_keep_their_steps)
{
    begin();
    for (size_t i = 0; i < MANY; i++) {
        open_session(i);
        mx(i, "violation", ",\"what\":\"no-quit\",\"text\":\"t\",\"level\":\"should\"");
    }
    for (size_t i = MANY; i > 0; i--)
        close_session(i - 1);
    struct report_run *run = load(0);
    for (size_t i = REPORT_SESSIONS_KEPT; i < MANY - REPORT_SESSIONS_SPECIAL; i++)
        ck_assert_ptr_null(run->sessions[i].steps);
    check_steps(run, MANY - REPORT_SESSIONS_SPECIAL, 4);
    check_steps(run, MANY - 1, 4);
    done(run);
}
END_TEST

START_TEST(test_steps_beyond_the_most_are_counted)
{
    begin();
    open_session(0);
    for (size_t i = 0; i < REPORT_STEPS_MAX; i++)
        mx(0, "rule", ",\"rule\":\"r\",\"effect\":\"%s\"", i % 2 == 0 ? "delay" : "reply");
    for (size_t i = 0; i < REPORT_STEPS_MAX; i++)
        mx(0, "data", ",\"bytes\":%zu", i);
    close_session(0);
    open_session(1);
    close_session(1);
    struct report_run *run = load(0);
    const struct report_session *session = &run->sessions[0];
    size_t before = 2 + REPORT_STEPS_MAX / 2; /* a rule that only replies is no step */
    ck_assert_uint_eq(session->step_count, REPORT_STEPS_MAX);
    ck_assert_uint_eq(session->steps_left_out, before + 1);
    ck_assert_int_eq(session->steps[REPORT_STEPS_MAX - 1].number,
                     (int64_t)(REPORT_STEPS_MAX - 1 - before));
    check_steps(run, 1, 3);
    done(run);
}
END_TEST

START_TEST(test_what_was_said_in_tls_is_marked)
{
    begin();
    open_session(0);
    mx(0, "tls", ",\"ok\":true,\"version\":\"TLSv1.3\",\"cipher\":\"C\"");
    mx(0, "reply", ",\"stage\":\"mail\",\"code\":250,\"enhanced\":\"2.1.0\",\"text\":\"ok\"");
    close_session(0);
    struct report_run *run = load(0);
    const struct report_step *steps = run->sessions[0].steps;
    ck_assert(!steps[1].encrypted);
    ck_assert(steps[2].encrypted);
    ck_assert_str_eq(steps[2].note, "C");
    ck_assert(steps[3].encrypted);
    ck_assert_str_eq(steps[3].text, "2.1.0 ok");
    done(run);
}
END_TEST

UNIT_MAIN(test_a_session_that_a_check_names_keeps_its_steps,
          test_sessions_side_by_side_have_each_their_own_steps,
          test_of_the_special_ones_those_that_ended_first_keep_their_steps,
          test_steps_beyond_the_most_are_counted, test_what_was_said_in_tls_is_marked)
