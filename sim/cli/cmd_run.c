/*
 * The commands that make a world: run, compare, exec, up, shell.
 */
#include "sim/cli/cli.h"
#include "sim/mta/mta_adapter.h"
#include "sim/run/run_suite.h"
#include "sim/world/world.h"

#include "mta-under-test/base/slice.h"

#include "mta-under-test/base/poison.h"

/* Every server that was named has an adapter: told before anything runs. */
static int cli_check_mtas(const struct run_options *options, struct err *err)
{
    struct arena arena = {0};
    int result = 0;
    for (size_t i = 0; i < options->mta_count && result == 0; i++) {
        struct mta_adapter *adapter =
            mta_adapter_load(options->root, options->mtas[i], &arena, err);
        result = adapter != NULL ? 0 : -1;
        mta_adapter_release(adapter);
    }
    arena_deinit(&arena);
    return result;
}

/* Plans and runs; `paths` as given. */
static int cli_run_paths(const struct run_options *options, char **paths, int count)
{
    struct run_plan plan;
    struct err err = {0};
    const char **list = mem_alloc_array((size_t)count + 1, sizeof *list);
    for (int i = 0; i < count; i++)
        list[i] = paths[i];
    int result = run_plan_make(options, list, (size_t)count, &plan, &err);
    free(list);
    int code = RUN_EXIT_USAGE;
    if (result != 0 || cli_check_mtas(options, &err) != 0) {
        cli_error("%s", err.text);
    } else if (plan.invalid_count > 0) {
        cli_error("nothing was run: %zu scenario files are not valid", plan.invalid_count);
    } else if (world_supported(false, &err) != 0) {
        cli_error("%s", err.text);
        code = RUN_EXIT_MACHINE;
    } else {
        code = run_suite(options, &plan);
    }
    run_plan_deinit(&plan);
    return code;
}

/* How many arguments stand before "--". */
static int cli_count_before_dashes(int argc, char **argv)
{
    int count = 0;
    while (count < argc && !slice_is(slice_of(argv[count]), "--"))
        count++;
    return count;
}

int cli_cmd_run(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    return cli_run_paths(&options, argv + used, argc - used);
}

int cli_cmd_compare(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    if (options.mta_count < 2)
        return cli_usage_error(command, "at least two servers are needed: --mta refmta,postfix");
    return cli_run_paths(&options, argv + used, argc - used);
}

/* FILE -- COMMAND...: exec, and what shell and up are made of. */
static int cli_run_inside(const struct cli_command *command, struct run_options *options,
                          int file_count, char **files)
{
    if (file_count != 1)
        return cli_usage_error(command, "exactly one scenario is needed");
    options->jobs = 1;
    return cli_run_paths(options, files, 1);
}

int cli_cmd_exec(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    int files = cli_count_before_dashes(argc - used, argv + used);
    if (used + files + 1 >= argc)
        return cli_usage_error(command, "a command is needed behind \"--\"");
    options.command = argv + used + files + 1;
    return cli_run_inside(command, &options, files, argv + used);
}

int cli_cmd_shell(const struct cli_command *command, int argc, char **argv)
{
    static char shell[] = "/bin/sh";
    static char flag[] = "-i";
    static char *words[] = {shell, flag, NULL};
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    if (getenv("SHELL") != NULL)
        words[0] = getenv("SHELL");
    options.command = words;
    options.interactive = true;
    options.virtual_clock = false;
    return cli_run_inside(command, &options, argc - used, argv + used);
}

int cli_cmd_up(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    options.interactive = true;
    options.virtual_clock = false;
    fprintf(stderr, "the internet is up; Ctrl-C ends it\n");
    return cli_run_inside(command, &options, argc - used, argv + used);
}
