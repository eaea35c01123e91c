#include "mta-under-test/refmta/log/log.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static char path[] = "/tmp/refmta-log-XXXXXX";

static void write_line(struct log *log, const char *text)
{
    struct log_line line;
    log_begin(&line, log, "test");
    json_out_text(&line.json, "text", text);
    log_end(&line);
}

static void expect(const char *part, bool there)
{
    struct buf text;
    struct err err;
    buf_init(&text, 1 << 20);
    ck_assert_int_eq(file_read(path, &text, &err), 0);
    ck_assert_msg((strstr(buf_text(&text), part) != NULL) == there, "%s in %s", part,
                  buf_text(&text));
    buf_deinit(&text);
}

START_TEST(lines_are_json_and_are_added)
{
    struct err err;
    close(mkstemp(path));
    struct log *log = log_open(path, NULL, &err);
    ck_assert_ptr_nonnull(log);
    write_line(log, "a \"quote\"\n");
    log_text(log, "other", "%d words", 3);
    expect("{\"time\":\"", true);
    expect("\"event\":\"test\",\"text\":\"a \\\"quote\\\"\\n\"}\n", true);
    expect("\"event\":\"other\",\"text\":\"3 words\"}\n", true);
    log_close(&log);
    ck_assert_ptr_null(log);
    log = log_open(path, NULL, &err);
    write_line(log, "second");
    expect("quote", true);
    expect("second", true);
    unlink(path);
    log_reopen(log);
    write_line(log, "third");
    expect("second", false);
    expect("third", true);
    log_close(&log);
    unlink(path);
}
END_TEST

START_TEST(with_a_loop_lines_are_written_together)
{
    struct err err;
    struct event_base *base = event_base_new();
    close(mkstemp(path));
    struct log *log = log_open(path, base, &err);
    write_line(log, "one");
    write_line(log, "two");
    expect("one", false);
    event_base_loop(base, EVLOOP_NONBLOCK);
    expect("two", true);
    log_close(&log);
    event_base_free(base);
    unlink(path);
}
END_TEST

START_TEST(no_log_swallows_lines_and_a_bad_path_is_told)
{
    struct err err;
    write_line(NULL, "nothing");
    ck_assert_ptr_null(log_open("/nowhere/at/all", NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
}
END_TEST

UNIT_MAIN(lines_are_json_and_are_added, with_a_loop_lines_are_written_together,
          no_log_swallows_lines_and_a_bad_path_is_told)
