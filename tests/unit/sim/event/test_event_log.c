#include "sim/event/event_log.h"

#include <fcntl.h>
#include <unistd.h>

#include "sim/event/event_file.h"
#include "tests/unit/unit.h"

struct heard {
    uint64_t last_seq;
    size_t count;
    char line[512];
};

static void hear(void *context, uint64_t seq, struct slice line)
{
    struct heard *heard = context;
    heard->last_seq = seq;
    heard->count++;
    memcpy(heard->line, line.data, line.len);
    heard->line[line.len] = '\0';
}

static void write_two_events(struct event_log *log)
{
    struct json_out *out = event_begin(log, "mx", "reply", "mx.a.test#1");
    json_out_int(out, "code", 250);
    json_out_text(out, "text", "OK \"now\"\n\xff");
    event_end(log);
    event_begin(log, "run", "end", NULL);
    event_end(log);
}

START_TEST(test_events_come_back_in_order_with_their_facts)
{
    char path[] = "/tmp/event-log-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    struct event_log *log = event_log_new(fd, 0);
    struct heard heard = {0};
    event_log_listen(log, hear, &heard);
    write_two_events(log);
    struct err err = {0};
    ck_assert_int_eq(event_log_free(&log, &err), 0);
    ck_assert_ptr_null(log);
    ck_assert_uint_eq(heard.last_seq, 1);
    ck_assert_uint_eq(heard.count, 2);

    struct event_file *file = event_file_open(path, &err);
    ck_assert_ptr_nonnull(file);
    const cJSON *event = NULL;
    ck_assert_int_eq(event_file_next(file, &event, &err), 1);
    ck_assert(event_is(event, "mx", "reply"));
    ck_assert_str_eq(event_text(event, "session"), "mx.a.test#1");
    ck_assert_str_eq(event_text(event, "text"), "OK \"now\"\n\xef\xbf\xbd");
    ck_assert_int_eq(event_int(event, "code", 0), 250);
    ck_assert_int_eq(event_int(event, "seq", -1), 0);
    ck_assert_int_eq(event_int(event, "absent", -7), -7);
    ck_assert_int_eq(event_file_next(file, &event, &err), 1);
    ck_assert(event_is(event, "run", "end"));
    ck_assert_str_eq(heard.line + strlen(heard.line) - 1, "}");
    ck_assert_int_eq(event_file_next(file, &event, &err), 0);
    event_file_close(&file);
    unlink(path);
}
END_TEST

static off_t size_of(int fd)
{
    return lseek(fd, 0, SEEK_END);
}

START_TEST(test_whole_pages_are_written_and_the_rest_when_it_is_asked_for)
{
    enum { PAGE = 4096, EVENTS = 1000 };
    char path[] = "/tmp/event-log-XXXXXX";
    int fd = mkstemp(path);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    struct event_log *log = event_log_new(fd, 0);
    struct err err = {0};
    off_t pages = 0;
    write_two_events(log);
    event_log_flush_pages(log);
    ck_assert_int_eq(size_of(reader), 0);
    event_log_flush(log);
    ck_assert_int_gt(size_of(reader), 0);
    for (size_t i = 0; i < EVENTS; i++) {
        off_t before = size_of(reader);
        write_two_events(log);
        event_log_flush_pages(log);
        off_t after = size_of(reader);
        ck_assert(after == before || after % PAGE == 0);
        pages += after != before;
    }
    ck_assert_int_gt(pages, 2);
    ck_assert_int_eq(event_log_free(&log, &err), 0);
    struct event_file *file = event_file_open(path, &err);
    const cJSON *event = NULL;
    for (int i = 0; i < 2 * (EVENTS + 1); i++) {
        ck_assert_msg(event_file_next(file, &event, &err) == 1, "%d: %s", i, err.text);
        ck_assert_int_eq(event_int(event, "seq", -1), i);
    }
    ck_assert_int_eq(event_file_next(file, &event, &err), 0);
    event_file_close(&file);
    close(reader);
    unlink(path);
}
END_TEST

START_TEST(test_no_space_is_reported_at_the_end)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    struct event_log *log = event_log_new(fd, 0);
    write_two_events(log);
    event_log_flush(log);
    ck_assert(event_log_failed(log));
    struct err err = {0};
    ck_assert_int_eq(event_log_free(&log, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "No space left"));
}
END_TEST

START_TEST(test_a_line_that_is_no_event_names_its_place)
{
    char path[] = "/tmp/event-log-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "{}\nnonsense\n", 12), 12);
    close(fd);
    struct err err = {0};
    struct event_file *file = event_file_open(path, &err);
    const cJSON *event = NULL;
    ck_assert_int_eq(event_file_next(file, &event, &err), 1);
    ck_assert_int_eq(event_file_next(file, &event, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, ":2: "));
    event_file_close(&file);
    unlink(path);
}
END_TEST

UNIT_MAIN(test_events_come_back_in_order_with_their_facts,
          test_whole_pages_are_written_and_the_rest_when_it_is_asked_for,
          test_no_space_is_reported_at_the_end, test_a_line_that_is_no_event_names_its_place)
