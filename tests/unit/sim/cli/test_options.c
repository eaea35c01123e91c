#include "sim/cli/cli.h"

#include "tests/unit/unit.h"

static const struct cli_command COMMAND = {.name = "run",
                                           .flags = CLI_FLAGS_WORLD | CLI_FLAGS_CHOICE |
                                                    CLI_FLAGS_SUITE | CLI_FLAGS_COPIES};

/* Reads up to eight words; returns what cli_read_options() returns. */
static int read_words(struct run_options *options, char **words)
{
    int count = 0;
    while (words[count] != NULL)
        count++;
    return cli_read_options(&COMMAND, count, words, options);
}

#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})
#define W(text) ((char[]){text})

START_TEST(test_flags_may_stand_anywhere_and_files_stay_in_order)
{
    struct run_options options;
    char **words =
        WORDS(W("a.json"), W("-j2"), W("--seed"), W("7"), W("b.json"), W("--capture=off"));
    int used = read_words(&options, words);
    ck_assert_int_eq(used, 4);
    ck_assert_str_eq(words[used], "a.json");
    ck_assert_str_eq(words[used + 1], "b.json");
    ck_assert_uint_eq(options.jobs, 2);
    ck_assert(options.seed_given);
    ck_assert_uint_eq(options.seed, 7);
    ck_assert_int_eq(options.capture, RUN_CAPTURE_OFF);
}
END_TEST

START_TEST(test_two_dashes_end_the_flags)
{
    struct run_options options;
    char **words = WORDS(W("x.json"), W("--"), W("swaks"), W("--to"));
    int used = read_words(&options, words);
    ck_assert_int_eq(used, 0);
    ck_assert_str_eq(words[0], "x.json");
    ck_assert_str_eq(words[2], "swaks");
}
END_TEST

START_TEST(test_lists_and_shards)
{
    struct run_options options;
    ck_assert_int_eq(read_words(&options, WORDS(W("--mta"), W("refmta,postfix"), W("--shard=2/5"))),
                     3);
    ck_assert_uint_eq(options.mta_count, 2);
    ck_assert_str_eq(options.mtas[1], "postfix");
    ck_assert_uint_eq(options.shard, 2);
    ck_assert_uint_eq(options.shard_count, 5);
}
END_TEST

START_TEST(test_wrong_flags_are_refused)
{
    struct run_options options;
    ck_assert_int_eq(read_words(&options, WORDS(W("--shard"), W("6/5"))), -1);
    ck_assert_int_eq(read_words(&options, WORDS(W("--jobs"), W("0"))), -1);
    ck_assert_int_eq(read_words(&options, WORDS(W("--seed"))), -1);
    ck_assert_int_eq(read_words(&options, WORDS(W("--sed"), W("5"))), -1);
    ck_assert_int_eq(read_words(&options, WORDS(W("--github=yes"))), -1);
    ck_assert_int_eq(read_words(&options, WORDS(W("--mta"), W("a,,b"))), -1);
}
END_TEST

START_TEST(test_the_environment_comes_first_and_flags_win)
{
    struct run_options options;
    setenv("MAILRANGE_MTA", "exim", 1);
    setenv("MAILRANGE_JOBS", "3", 1);
    ck_assert_int_eq(read_words(&options, WORDS(W("--jobs"), W("4"))), 2);
    ck_assert_str_eq(options.mtas[0], "exim");
    ck_assert_uint_eq(options.jobs, 4);
    setenv("MAILRANGE_JOBS", "many", 1);
    ck_assert_int_eq(read_words(&options, WORDS(W("x.json"))), -1);
}
END_TEST

START_TEST(test_a_command_takes_only_its_own_flags_from_words_and_environment)
{
    static const struct cli_command BY_HAND = {.name = "shell", .flags = CLI_FLAGS_BY_HAND};
    struct run_options options;
    ck_assert_int_eq(cli_read_options(&BY_HAND, 2, WORDS(W("--seed"), W("7")), &options), 2);
    ck_assert_int_eq(cli_read_options(&BY_HAND, 2, WORDS(W("--shard"), W("1/2")), &options), -1);
    ck_assert_int_eq(cli_read_options(&BY_HAND, 1, WORDS(W("--watch")), &options), -1);
    /* A shard of one scenario would be nothing at all. */
    setenv("MAILRANGE_SHARD", "2/5", 1);
    ck_assert_int_eq(cli_read_options(&BY_HAND, 1, WORDS(W("x.json")), &options), 0);
    ck_assert_uint_eq(options.shard_count, 1);
    ck_assert_int_eq(read_words(&options, WORDS(W("x.json"))), 0);
    ck_assert_uint_eq(options.shard_count, 5);
}
END_TEST

START_TEST(test_each_command_that_is_shown_has_an_example_of_its_own)
{
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        const struct cli_command *command = &CLI_COMMANDS[i];
        char start[64];
        snprintf(start, sizeof start, "mailrange %s", command->name);
        if (command->summary != NULL)
            ck_assert_msg(strncmp(command->example, start, strlen(start)) == 0, "%s",
                          command->name);
    }
}
END_TEST

UNIT_MAIN(test_flags_may_stand_anywhere_and_files_stay_in_order, test_two_dashes_end_the_flags,
          test_lists_and_shards, test_wrong_flags_are_refused,
          test_the_environment_comes_first_and_flags_win,
          test_a_command_takes_only_its_own_flags_from_words_and_environment,
          test_each_command_that_is_shown_has_an_example_of_its_own)
