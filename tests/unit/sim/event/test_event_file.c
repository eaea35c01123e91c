#include "sim/event/event_file.h"

#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static char log_path[] = "/tmp/event-file-XXXXXX";
static int log_fd;

static void open_log(void)
{
    log_fd = mkstemp(log_path);
    ck_assert_int_ge(log_fd, 0);
}

static void close_log(void)
{
    close(log_fd);
    unlink(log_path);
}

static void append(const char *text)
{
    ck_assert_int_eq(file_write_fd(log_fd, slice_of(text)), 0);
}

/* The number of the next event; -1 at the end, -2 at what is none. */
static int next_seq(struct event_file *file, struct err *err)
{
    const cJSON *event = NULL;
    int found = event_file_next(file, &event, err);
    return found == 1 ? (int)event_int(event, "seq", -3) : found - 1;
}

START_TEST(test_a_log_that_grows_gives_whole_lines_only)
{
    struct err err = {0};
    open_log();
    struct event_file *file = event_file_open(log_path, &err);
    event_file_follow(file, true);
    ck_assert_int_eq(next_seq(file, &err), -1);
    append("{\"seq\":0}\n{\"seq\":");
    ck_assert_int_eq(next_seq(file, &err), 0);
    ck_assert_int_eq(next_seq(file, &err), -1);
    ck_assert_int_eq(next_seq(file, &err), -1);
    append("1}");
    ck_assert_int_eq(next_seq(file, &err), -1);
    append("\n{\"seq\":2}");
    ck_assert_int_eq(next_seq(file, &err), 1);
    ck_assert_int_eq(next_seq(file, &err), -1);
    event_file_follow(file, false);
    ck_assert_int_eq(next_seq(file, &err), 2);
    ck_assert_int_eq(next_seq(file, &err), -1);
    event_file_close(&file);
    close_log();
}
END_TEST

START_TEST(test_a_line_that_was_cut_is_no_event)
{
    struct err err = {0};
    open_log();
    append("{\"seq\":0}\n{\"seq\":1,\"at");
    struct event_file *file = event_file_open(log_path, &err);
    ck_assert_int_eq(next_seq(file, &err), 0);
    ck_assert_int_eq(next_seq(file, &err), -2);
    ck_assert_ptr_nonnull(strstr(err.text, ":2: this line is no event"));
    event_file_close(&file);
    close_log();
}
END_TEST

/* Lines that are longer than what is read at once, and such as lie across two reads. */
START_TEST(test_long_lines_are_whole)
{
    enum { LINES = 20, TEXT_BYTES = 300000 };
    struct err err = {0};
    char *text = mem_alloc(TEXT_BYTES + 1);
    memset(text, 'x', TEXT_BYTES);
    open_log();
    for (int i = 0; i < LINES; i++) {
        char *line = mem_text_format("{\"seq\":%d,\"text\":\"%s\"}\n", i, i % 3 == 0 ? text : "x");
        append(line);
        free(line);
    }
    struct event_file *file = event_file_open(log_path, &err);
    const cJSON *event = NULL;
    for (int i = 0; i < LINES; i++) {
        ck_assert_int_eq(event_file_next(file, &event, &err), 1);
        ck_assert_int_eq(event_int(event, "seq", -1), i);
        ck_assert_str_eq(event_text(event, "text"), i % 3 == 0 ? text : "x");
    }
    ck_assert_int_eq(event_file_next(file, &event, &err), 0);
    event_file_close(&file);
    close_log();
    free(text);
}
END_TEST

START_TEST(test_facts_of_another_type_are_absent)
{
    struct err err = {0};
    open_log();
    append("{\"n\":1,\"t\":\"x\",\"o\":{\"t\":\"y\"},\"b\":true}\n");
    struct event_file *file = event_file_open(log_path, &err);
    const cJSON *event = NULL;
    ck_assert_int_eq(event_file_next(file, &event, &err), 1);
    ck_assert_str_eq(event_text(event, "n"), "");
    ck_assert_str_eq(event_text(event, "o"), "");
    ck_assert_str_eq(event_text(event_member(event, "o"), "t"), "y");
    ck_assert_str_eq(event_text(NULL, "t"), "");
    ck_assert_int_eq(event_int(event, "t", 7), 7);
    ck_assert(event_bool(event, "b") && !event_bool(event, "n"));
    event_file_close(&file);
    close_log();
}
END_TEST

START_TEST(test_an_event_is_read_again_from_where_it_stands)
{
    struct err err = {0};
    open_log();
    append("{\"seq\":0}\n{\"seq\":1,\"text\":\"longer\"}\n{\"seq\":2}\n");
    struct event_file *file = event_file_open(log_path, &err);
    int64_t at[3];
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(next_seq(file, &err), i);
        at[i] = event_file_at(file);
    }
    ck_assert_int_eq(next_seq(file, &err), -1);
    for (int i = 2; i >= 0; i--) {
        ck_assert_int_eq(event_file_go(file, at[i], &err), 0);
        ck_assert_int_eq(next_seq(file, &err), i);
        ck_assert_int_eq(event_file_at(file), at[i]);
    }
    ck_assert_int_eq(next_seq(file, &err), 1);
    ck_assert_int_eq(event_file_go(file, -1, &err), -1);
    event_file_close(&file);
    close_log();
}
END_TEST

UNIT_MAIN(test_a_log_that_grows_gives_whole_lines_only, test_a_line_that_was_cut_is_no_event,
          test_long_lines_are_whole, test_facts_of_another_type_are_absent,
          test_an_event_is_read_again_from_where_it_stands)
