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

/* Groups of flags; a command takes some of them. */
enum cli_flags {
    CLI_FLAGS_MTA = 1 << 0,
    CLI_FLAGS_SEED = 1 << 1,
    CLI_FLAGS_CLOCK = 1 << 2,
    CLI_FLAGS_CAPTURE = 1 << 3,
    CLI_FLAGS_OUTPUT = 1 << 4,
    CLI_FLAGS_CHOICE = 1 << 5, /* which scenarios */
    CLI_FLAGS_SUITE = 1 << 6,  /* how many of them run how */
    CLI_FLAGS_WATCH = 1 << 7,
    CLI_FLAGS_COPIES = 1 << 8, /* of the reports, and annotations */
    CLI_FLAGS_LOOK = 1 << 9,   /* how much is said, and how */
    CLI_FLAGS_SCOREBOARD = 1 << 10,
    CLI_FLAGS_PAGES = 1 << 11, /* that `list` makes */
    /* of a world that runs by itself */
    CLI_FLAGS_WORLD = CLI_FLAGS_MTA | CLI_FLAGS_SEED | CLI_FLAGS_CLOCK | CLI_FLAGS_CAPTURE |
                      CLI_FLAGS_OUTPUT | CLI_FLAGS_LOOK,
    /* of one that is tried by hand, in real time */
    CLI_FLAGS_BY_HAND = CLI_FLAGS_WORLD & ~CLI_FLAGS_CLOCK,
};

struct cli_command {
    const char *name;
    const char *arguments; /* "[FILE|DIR]..." */
    const char *summary;   /* one line; NULL = not shown, started by the program itself */
    const char *help;      /* what `mailrange help NAME` adds; may be "" */
    const char *example;   /* a call that works in the project's folder */
    unsigned flags;        /* groups of them, enum cli_flags */
    int (*run)(const struct cli_command *command, int argc, char **argv);
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
 * Reads the command's flags into `options`, environment first (MAILRANGE_MTA, ...; only of flags
 * that the command takes). Returns how many arguments were used, so argv[result] is the first that
 * is no flag; -1 after printing what is wrong. Stops at "--".
 */
int cli_read_options(const struct cli_command *command, int argc, char **argv,
                     struct run_options *options);
struct run_plan;
/* Flags and files of a command that only reads scenarios; -1 after saying what is wrong, and there
 * is then nothing to free. */
int cli_plan(const struct cli_command *command, int argc, char **argv, struct run_options *options,
             struct run_plan *plan) MUST_CHECK;
/* The table of the command's flags, for help. */
void cli_print_options(const struct cli_command *command);

/* Of a command without flags and with at most `max` arguments: false after saying what is wrong. */
bool cli_takes_only(const struct cli_command *command, int argc, char **argv, int max);

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
