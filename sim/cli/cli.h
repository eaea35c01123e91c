/*
 * The command line of `mailrange`: a table of commands, and what they share. A command gets the
 * arguments behind its name and returns the program's exit code (enum run_exit).
 */
#pragma once

#include <stddef.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "sim/run/run_options.h"

struct cli_command {
    const char *name;
    const char *arguments; /* "[FILE|DIR]..." */
    const char *summary;   /* one line */
    const char *help;      /* what `mailrange help NAME` adds; may be "" */
    bool takes_run_options;
    int (*run)(const struct cli_command *command, int argc, char **argv);
    bool one_world; /* runs one scenario, by hand: the flags of suites mean nothing */
};

extern const struct cli_command CLI_COMMANDS[];
extern const size_t CLI_COMMAND_COUNT;

/* Runs the command that argv[1] names. */
int cli_main(int argc, char **argv);

/* Prints "mailrange: TEXT" and a hint to the command's help on stderr; returns RUN_EXIT_USAGE. */
int cli_usage_error(const struct cli_command *command, const char *format, ...) PRINTF_LIKE(2, 3);
void cli_error(const char *format, ...) PRINTF_LIKE(1, 2);
void cli_print_help(const struct cli_command *command);

/* The folder of the project, found from the program's own place or MAILRANGE_ROOT; set once at the
 * start by cli_main(). */
const char *cli_root(void);
/* This program's own path. */
const char *cli_program(void);
/* For what the options of this call hold; lives until cli_main() returns. */
struct arena *cli_arena(void) __attribute__((returns_nonnull));

/*
 * Reads flags into `options`, environment first (MAILRANGE_MTA, ...). Returns how many arguments
 * were used, so argv[result] is the first that is no flag; -1 after printing what is wrong. Stops
 * at "--".
 */
int cli_read_options(const struct cli_command *command, int argc, char **argv,
                     struct run_options *options);
struct run_plan;
/* Flags and files of a command that only reads scenarios; -1 after saying what is wrong, and there
 * is then nothing to free. */
int cli_plan(const struct cli_command *command, int argc, char **argv, struct run_options *options,
             struct run_plan *plan) MUST_CHECK;
/* The table of flags, for help. */
void cli_print_options(const struct cli_command *command);

int cli_cmd_run(const struct cli_command *command, int argc, char **argv);
int cli_cmd_compare(const struct cli_command *command, int argc, char **argv);
int cli_cmd_exec(const struct cli_command *command, int argc, char **argv);
int cli_cmd_shell(const struct cli_command *command, int argc, char **argv);
int cli_cmd_up(const struct cli_command *command, int argc, char **argv);
int cli_cmd_list(const struct cli_command *command, int argc, char **argv);
int cli_cmd_validate(const struct cli_command *command, int argc, char **argv);
int cli_cmd_explain(const struct cli_command *command, int argc, char **argv);
int cli_cmd_init(const struct cli_command *command, int argc, char **argv);
int cli_cmd_report(const struct cli_command *command, int argc, char **argv);
int cli_cmd_merge(const struct cli_command *command, int argc, char **argv);
int cli_cmd_bench(const struct cli_command *command, int argc, char **argv);
int cli_cmd_help(const struct cli_command *command, int argc, char **argv);
int cli_cmd_inside(const struct cli_command *command, int argc, char **argv);
