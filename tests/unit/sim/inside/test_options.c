#include "sim/inside/inside_options.h"

#include "tests/unit/unit.h"

static size_t length(char *const *argv)
{
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    return count;
}

START_TEST(test_options_survive_the_command_line)
{
    char *command[] = {(char[]){"swaks"}, (char[]){"--to"}, (char[]){"a=b"}, NULL};
    const struct inside_options given = {
        .root = "/r",
        .file = "/s/x=y.json",
        .cell = 3,
        .folder = "/out",
        .mta = "postfix",
        .programs = "/bin",
        .seed_given = true,
        .seed = UINT64_MAX,
        .capture = true,
        .stop_fd = 9,
        .command = command,
    };
    struct arena arena = {0};
    struct err err = {0};
    char *const *argv = inside_options_to_argv(&given, "/p/mailrange", &arena);
    char **words = arena_alloc_array(&arena, length(argv) + 1, sizeof *words);
    for (size_t i = 0; i < length(argv); i++)
        words[i] = argv[i];
    ck_assert_str_eq(words[1], "inside");
    struct inside_options got;
    ck_assert_int_eq(inside_options_from_argv((int)length(argv) - 2, words + 2, &got, &err), 0);
    ck_assert_str_eq(got.file, given.file);
    ck_assert_str_eq(got.mta, given.mta);
    ck_assert_uint_eq(got.cell, 3);
    ck_assert_uint_eq(got.stop_fd, 9);
    ck_assert_uint_eq(got.seed, UINT64_MAX);
    ck_assert(got.seed_given && got.capture && !got.virtual_clock);
    ck_assert_str_eq(got.command[2], "a=b");
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_a_start_by_hand_is_told_so)
{
    struct inside_options got;
    struct err err = {0};
    ck_assert_int_eq(inside_options_from_argv(0, NULL, &got, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "not by hand"));
}
END_TEST

UNIT_MAIN(test_options_survive_the_command_line, test_a_start_by_hand_is_told_so)
