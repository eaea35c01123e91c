/*
 * The commands that make a world: run, compare, exec, up, shell.
 */
#include "sim/cli/cli_watch.h"

#include <dirent.h>

#include "sim/mta/mta_adapter.h"
#include "sim/run/run_compare.h"
#include "sim/run/run_suite.h"
#include "sim/world/world.h"

#include "mta-under-test/base/file.h"
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

/* What is done with the evidence of a plan that has run, besides the reports. */
typedef int cli_after(const struct run_options *options, const struct run_plan *plan,
                      struct err *err);

/* What one can do in the world that comes up: nobody knows its names by heart. */
static void cli_greet(const struct run_options *options, const struct scenario *scenario)
{
    const char *host = scenario->host_count > 0 ? scenario->host_names[0] : "HOST";
    fprintf(stderr, "%s\n", scenario->name);
    fprintf(stderr, "  the server under test is %s; the simulated hosts are:\n",
            mta_settings_hostname(scenario->mta));
    for (size_t i = 0; i < scenario->host_count; i++)
        fprintf(stderr, "    %s\n", scenario->host_names[i]);
    if (options->command != NULL)
        fprintf(stderr,
                "  try:  dig +short %s\n"
                "        telnet %s 25\n"
                "        openssl s_client -starttls smtp -connect %s:25\n"
                "  time is real; \"exit\" ends it and makes the report\n",
                host, host, host);
    else
        fprintf(stderr, "  time is real; Ctrl-C ends it and makes the report\n");
}

/* Plans and runs; `paths` as given; `after` may be NULL. */
static int cli_run_paths(const struct run_options *options, char **paths, int count,
                         cli_after *after)
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
        if (options->interactive && plan.case_count > 0)
            cli_greet(options, plan.cases[0].scenario);
        code = run_suite(options, &plan);
        if (after != NULL && after(options, &plan, &err) != 0) {
            cli_error("%s", err.text);
            code = RUN_EXIT_INTERNAL;
        }
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

static int cli_run_once(const struct run_options *options, char **paths, int count)
{
    return cli_run_paths(options, paths, count, NULL);
}

int cli_cmd_run(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    if (options.watch)
        return cli_watch(&options, argv + used, argc - used, cli_run_once);
    return cli_run_once(&options, argv + used, argc - used);
}

/* Every adapter of the project, refmta first. */
static void cli_take_all_mtas(struct run_options *options)
{
    char *folder = mem_text_format("%s/mta-under-test/adapters", options->root);
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    options->mtas[0] = "refmta";
    options->mta_count = 1;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char *file = mem_text_format("%s/%s/adapter.json", folder, name);
        if (name[0] != '.' && !slice_is(slice_of(name), "refmta") && file_exists(file) &&
            options->mta_count < RUN_MTAS_MAX)
            options->mtas[options->mta_count++] = mem_text_copy(name);
        free(file);
        free(entries[i]);
    }
    free(entries);
    free(folder);
}

int cli_cmd_compare(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    int used = cli_read_options(command, argc, argv, &options);
    if (used < 0)
        return RUN_EXIT_USAGE;
    if (options.scoreboard && options.mta_count < 2)
        cli_take_all_mtas(&options);
    if (options.mta_count < 2)
        return cli_usage_error(command, "at least two servers are needed: --mta refmta,postfix");
    return cli_run_paths(&options, argv + used, argc - used, run_compare_write);
}

/* FILE -- COMMAND...: exec, and what shell and up are made of. */
static int cli_run_inside(const struct cli_command *command, struct run_options *options,
                          int file_count, char **files)
{
    if (file_count != 1)
        return cli_usage_error(command, "exactly one scenario is needed");
    options->jobs = 1;
    return cli_run_paths(options, files, 1, NULL);
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
    return cli_run_inside(command, &options, argc - used, argv + used);
}
