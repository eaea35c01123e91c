#include "sim/submit/submit_message.h"

#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static const int64_t NOW = INT64_C(1772442000) * TIME_SECOND;

static char *build(const struct scenario_message *entry, size_t i)
{
    struct arena arena = {0};
    struct buf out;
    struct err err = {0};
    struct submit_message message = submit_message_at(entry, i, &arena);
    buf_init(&out, 1024 * 1024);
    ck_assert_msg(submit_message_build(&message, NOW, &out, &err) == 0, "%s", err.text);
    arena_deinit(&arena);
    return buf_take(&out);
}

START_TEST(test_plain_recipients_share_a_message_and_a_sequence_makes_many)
{
    const char *const to[] = {"a@x.test", "user{1..3}@y.test", "b@x.test"};
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = to, .to_count = 3, .instances = 4};
    struct arena arena = {0};
    struct submit_message first = submit_message_at(&entry, 0, &arena);
    ck_assert_str_eq(first.id, "m/1");
    ck_assert_uint_eq(first.to_count, 2);
    ck_assert_str_eq(first.to[1], "b@x.test");
    struct submit_message last = submit_message_at(&entry, 3, &arena);
    ck_assert_str_eq(last.id, "m/4");
    ck_assert_uint_eq(last.to_count, 1);
    ck_assert_str_eq(last.to[0], "user3@y.test");
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_a_made_message_has_what_rfc_5322_wants)
{
    const char *const to[] = {"a@x.test"};
    const struct scenario_message entry = {
        .id = "hello", .from = "s@z.test", .to = to, .to_count = 1, .instances = 1};
    char *text = build(&entry, 0);
    ck_assert_ptr_eq(strstr(text, "X-Mailrange-Id: hello\r\n"), text);
    ck_assert_ptr_nonnull(strstr(text, "\r\nDate: Mon, 02 Mar 2026 09:00:00 +0000\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nFrom: s@z.test\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nMessage-ID: <hello@z.test>\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nHello,"));
    free(text);
}
END_TEST

START_TEST(test_header_lines_of_the_scenario_replace_or_are_added)
{
    const char *const to[] = {"a@x.test"};
    const char *const lines[] = {"subject: other", "List-Id: <l.z.test>"};
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = to,
                                           .to_count = 1,
                                           .instances = 1,
                                           .lines = lines,
                                           .line_count = 2,
                                           .text = "one\ntwo"};
    char *text = build(&entry, 0);
    ck_assert_ptr_null(strstr(text, "Subject: A message"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nsubject: other\r\nList-Id: <l.z.test>\r\n\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\n\r\none\r\ntwo\r\n"));
    free(text);
}
END_TEST

START_TEST(test_a_file_keeps_its_bytes_but_for_line_ends)
{
    char path[] = "/tmp/message-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_eq(file_write_fd(fd, SLICE("Subject: s\n folded\nFrom: f@z.test\n\n.\xe4\r\nb")),
                     0);
    close(fd);
    const char *const to[] = {"a@x.test"};
    const char *const lines[] = {"Subject: new"};
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = to,
                                           .to_count = 1,
                                           .instances = 1,
                                           .lines = lines,
                                           .line_count = 1,
                                           .file = path};
    char *text = build(&entry, 0);
    ck_assert_str_eq(text,
                     "X-Mailrange-Id: m\r\nFrom: f@z.test\r\nSubject: new\r\n\r\n.\xe4\r\nb\r\n");
    free(text);
    unlink(path);
}
END_TEST

START_TEST(test_a_size_is_reached_by_short_lines)
{
    const char *const to[] = {"a@x.test"};
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = to,
                                           .to_count = 1,
                                           .instances = 1,
                                           .size_bytes = 100000};
    char *text = build(&entry, 0);
    ck_assert_uint_ge(strlen(text), 100000);
    ck_assert_uint_lt(strlen(text), 100100);
    size_t longest = 0;
    for (char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        longest = len > longest ? len : longest;
        line += len + 1;
    }
    ck_assert_uint_lt(longest, 80);
    free(text);
}
END_TEST

UNIT_MAIN(test_plain_recipients_share_a_message_and_a_sequence_makes_many,
          test_a_made_message_has_what_rfc_5322_wants,
          test_header_lines_of_the_scenario_replace_or_are_added,
          test_a_file_keeps_its_bytes_but_for_line_ends, test_a_size_is_reached_by_short_lines)
