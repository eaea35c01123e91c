/*
 * A message handed in by a command: what stands on its stdin, its end, and one that cannot start.
 */
#include "sim/submit/submit_command.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

enum { NO_STATUS = 1000 };

static struct event_base *base;

static void on_done(void *context, int status)
{
    int *kept = context;
    *kept = status;
    event_base_loopbreak(base);
}

/* The status of `sh -c SCRIPT a b`, whose output is in `text`. */
static int run(const char *script, const char *content, struct buf *text)
{
    char folder[] = "/tmp/submit-test-XXXXXX";
    char output[64];
    char *argv[] = {mem_text_copy("sh"),
                    mem_text_copy("-c"),
                    mem_text_copy(script),
                    mem_text_copy("sh"),
                    mem_text_copy("a"),
                    mem_text_copy("b"),
                    NULL};
    struct err err = {{0}};
    int status = NO_STATUS;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(output, sizeof output, "%s/output", folder);
    base = event_base_new();
    const struct submit_command_options options = {
        .base = base,
        .argv = argv,
        .network_fd = -1,
        .output = output,
        .done = on_done,
        .context = &status,
    };
    struct submit_command *command = submit_command_start(&options, slice_of(content), &err);
    ck_assert_msg(command != NULL, "%s", err.text);
    event_base_dispatch(base);
    submit_command_free(&command);
    ck_assert_ptr_null(command);
    event_base_free(base);
    ck_assert_int_eq(file_read(output, text, &err), 0);
    unlink(output);
    rmdir(folder);
    for (size_t i = 0; argv[i] != NULL; i++)
        free(argv[i]);
    return status;
}

START_TEST(test_the_message_is_on_its_stdin_with_the_machines_line_ends)
{
    struct buf text;
    buf_init(&text, 1000);
    ck_assert_int_eq(run("echo \"$*\"; cat", "A: b\r\n\r\n.\r\nlone\nend", &text), 0);
    ck_assert_str_eq(buf_text(&text), "a b\nA: b\n\n.\nlone\nend");
    buf_deinit(&text);
}
END_TEST

START_TEST(test_its_end_is_told)
{
    struct buf text;
    buf_init(&text, 1000);
    ck_assert_int_eq(run("exit 67", "", &text), 67);
    ck_assert_int_eq(run("kill -9 $$", "", &text), -9);
    buf_deinit(&text);
}
END_TEST

START_TEST(test_one_that_runs_is_ended_with_it)
{
    char *argv[] = {mem_text_copy("sleep"), mem_text_copy("1000"), NULL};
    struct err err = {{0}};
    int status = NO_STATUS;
    base = event_base_new();
    const struct submit_command_options options = {
        .base = base, .argv = argv, .network_fd = -1, .done = on_done, .context = &status};
    struct submit_command *command = submit_command_start(&options, SLICE(""), &err);
    ck_assert_msg(command != NULL, "%s", err.text);
    submit_command_free(&command);
    ck_assert_int_eq(status, NO_STATUS);
    event_base_free(base);
    free(argv[0]);
    free(argv[1]);
}
END_TEST

UNIT_MAIN(test_the_message_is_on_its_stdin_with_the_machines_line_ends, test_its_end_is_told,
          test_one_that_runs_is_ended_with_it)
