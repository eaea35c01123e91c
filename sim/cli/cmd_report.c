/*
 * The commands that work on what earlier runs left, and those that hand over to others: report,
 * merge, bench, inside.
 */
#include "sim/cli/cli.h"

#include <errno.h>
#include <unistd.h>

#include "sim/inside/inside.h"
#include "sim/run/run_report.h"

#include "mta-under-test/base/poison.h"

static int cli_make_report(const struct run_options *options, const char *const *folders,
                           size_t count)
{
    struct err err = {0};
    if (run_report_merge(options, folders, count, &err) != 0) {
        cli_error("%s", err.text);
        return RUN_EXIT_USAGE;
    }
    printf("report: %s/report.html\n", options->output);
    return RUN_EXIT_PASSED;
}

int cli_cmd_report(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    if (argc - used > 1)
        return cli_usage_error(command, "at most one folder is expected; merge joins several");
    if (argc - used == 1)
        options.output = argv[used];
    return cli_make_report(&options, &options.output, 1);
}

int cli_cmd_merge(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    if (argc - used < 1)
        return cli_usage_error(command, "the folders of the shards are needed");
    const char **folders = mem_alloc_array((size_t)(argc - used), sizeof *folders);
    for (int i = used; i < argc; i++)
        folders[i - used] = argv[i];
    int code = cli_make_report(&options, folders, (size_t)(argc - used));
    free(folders);
    return code;
}

int cli_cmd_bench(const struct cli_command *command, int argc, char **argv)
{
    char *script = mem_text_format("%s/tests/bench/bench.py", cli_root());
    char **words = mem_alloc_array((size_t)argc + 2, sizeof *words);
    (void)command;
    words[0] = script;
    for (int i = 0; i < argc; i++)
        words[i + 1] = argv[i];
    execv(script, words);
    cli_error("%s: %s", script, strerrordesc_np(errno));
    return RUN_EXIT_MACHINE;
}

int cli_cmd_inside(const struct cli_command *command, int argc, char **argv)
{
    struct inside_options options;
    struct err err = {0};
    (void)command;
    if (inside_options_from_argv(argc, argv, &options, &err) != 0) {
        cli_error("%s", err.text);
        return RUN_EXIT_USAGE;
    }
    int code = inside_run(&options, &err);
    if (code >= INSIDE_EXIT_SETUP)
        cli_error("%s", err.text);
    return code;
}
