#include "sim/cli/cli.h"

#include <limits.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

static char cli_root_path[PATH_MAX];
static char cli_program_path[PATH_MAX];
static struct arena cli_texts;

enum {
    RUN_FLAGS = CLI_FLAGS_WORLD | CLI_FLAGS_CHOICE | CLI_FLAGS_SUITE | CLI_FLAGS_COPIES,
    REPORT_FLAGS = CLI_FLAGS_OUTPUT | CLI_FLAGS_COPIES,
};

const struct cli_command CLI_COMMANDS[] = {
    {"run", "[FILE|DIR]...", "runs scenarios, each in its own world",
     "Without a file or folder all of scenarios/ runs. The evidence of each scenario is a folder\n"
     "below the output folder: events.jsonl, capture.pcapng, results.json; beside them stand\n"
     "report.html, results.json and junit.xml of the whole run.\n",
     "mailrange run scenarios/retry -j2 --mta postfix --report-junit junit.xml",
     RUN_FLAGS | CLI_FLAGS_WATCH, cli_cmd_run},
    {"list", "[FILE|DIR]...", "the scenarios that are there, by topic",
     "--markdown makes the page scenarios/INDEX.md, --words the page scenarios/WORDS.md: the words "
     "of\nthe language, each with the scenarios that show it.\n",
     "mailrange list --tags greylisting", CLI_FLAGS_CHOICE | CLI_FLAGS_OUTPUT | CLI_FLAGS_PAGES,
     cli_cmd_list},
    {"validate", "[FILE|DIR]...", "checks scenarios without running them",
     "What is wrong is told with file, line and JSON path; a note is about what is allowed but\n"
     "most often not meant.\n",
     "mailrange validate mine.json", CLI_FLAGS_CHOICE, cli_cmd_validate},
    {"explain", "FILE [--visit KEY=VALUE...]",
     "the plan of a scenario in words; or what its hosts would do",
     "--visit plays a client that comes to the scenario's hosts, and names the rule behind each "
     "answer.\n"
     "Words: host client name helo from to file at attempts every tls. What is left out is as the "
     "server\nunder test would do it.\n",
     "mailrange explain scenarios/retry/greylisting.json --visit to=bob@bigmail.test at=2h "
     "every=10m",
     CLI_FLAGS_MTA | CLI_FLAGS_SEED | CLI_FLAGS_CHOICE, cli_cmd_explain},
    {"init", "[FILE]", "writes a small scenario to start from",
     "Without a file: scenario.json. Nothing that is there is overwritten.\n",
     "mailrange init mine.json", 0, cli_cmd_init},
    {"exec", "FILE -- COMMAND...", "runs any program inside the scenario's internet",
     "The command finds the simulated DNS, hosts and time, and the server under test on port 25\n"
     "and 587 of its host name. The run ends when the command does and its mail has its end.\n",
     "mailrange exec scenarios/basics/hello.json -- dig +short bigmail.test MX",
     CLI_FLAGS_WORLD | CLI_FLAGS_COPIES, cli_cmd_exec},
    {"shell", "FILE", "a shell inside the scenario's internet, in real time",
     "$SHELL stands beside the server under test: dig, telnet, openssl s_client, swaks and "
     "whatever\n"
     "else this machine has find the simulated DNS and hosts; the server listens on port 25 of "
     "its\n"
     "host name. Files outside of the folder of evidence are the world's own and go with it. When\n"
     "the shell ends, the report shows each session that was held by hand.\n",
     "mailrange shell scenarios/basics/hello.json", CLI_FLAGS_BY_HAND, cli_cmd_shell},
    {"up", "FILE", "keeps the scenario's internet up until Ctrl-C, in real time", "",
     "mailrange up scenarios/basics/hello.json", CLI_FLAGS_BY_HAND, cli_cmd_up},
    {"compare", "[FILE|DIR]... --mta A,B", "the same scenarios over several servers",
     "compare.html and compare.json in the output folder show side by side what each server did "
     "and\nwhen.\n",
     "mailrange compare scenarios/retry/greylisting.json --mta refmta,postfix",
     RUN_FLAGS | CLI_FLAGS_SCOREBOARD, cli_cmd_compare},
    {"report", "[DIR]", "makes the reports of a run's folder again, prints where they are",
     "Without a folder: that of --output.\n", "mailrange report reports/latest", REPORT_FLAGS,
     cli_cmd_report},
    {"merge", "DIR...", "joins the results of several shards into one report",
     "Each folder is the output folder of one run (-o).\n",
     "mailrange merge shard1 shard2 -o whole --report-junit junit.xml", REPORT_FLAGS,
     cli_cmd_merge},
    {"bench", "[--runs N]", "measures Mailrange, beside peers where they are installed", "",
     "mailrange bench --runs 3", 0, cli_cmd_bench},
    {"help", "[COMMAND]", "this text, or a command's", "", "mailrange help run", 0, cli_cmd_help},
    {"inside", "", NULL, "", "", 0, cli_cmd_inside},
};

const size_t CLI_COMMAND_COUNT = sizeof CLI_COMMANDS / sizeof CLI_COMMANDS[0];

const char *cli_root(void)
{
    return cli_root_path;
}

struct arena *cli_arena(void)
{
    return &cli_texts;
}

const char *cli_program(void)
{
    return cli_program_path;
}

/* The project's folder is the first one above the program that has the adapters. */
static int cli_find_root(void)
{
    ssize_t len = readlink("/proc/self/exe", cli_program_path, sizeof cli_program_path - 1);
    if (len <= 0)
        return -1;
    cli_program_path[len] = '\0';
    const char *given = getenv("MAILRANGE_ROOT");
    snprintf(cli_root_path, sizeof cli_root_path, "%s", given != NULL ? given : cli_program_path);
    for (;;) {
        char *probe = mem_text_format("%s/mta-under-test/adapters", cli_root_path);
        bool found = file_exists(probe);
        free(probe);
        if (found)
            return 0;
        char *slash = strrchr(cli_root_path, '/');
        if (given != NULL || slash == NULL || slash == cli_root_path)
            return -1;
        *slash = '\0';
    }
}

void cli_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("mailrange: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

int cli_usage_error(const struct cli_command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("mailrange: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n(mailrange help %s shows what is possible)\n", command->name);
    return RUN_EXIT_USAGE;
}

bool cli_takes_only(const struct cli_command *command, int argc, char **argv, int max)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-') {
            cli_usage_error(command, "%s: %s takes no flags", argv[i], command->name);
            return false;
        }
    }
    if (argc > max)
        cli_usage_error(command, "%s takes at most %d argument%s, found %d", command->name, max,
                        max == 1 ? "" : "s", argc);
    return argc <= max;
}

void cli_print_help(const struct cli_command *command)
{
    printf("Usage: mailrange %s %s%s\n\n  %s\n", command->name,
           command->flags != 0 ? "[FLAG]... " : "", command->arguments, command->summary);
    if (command->help[0] != '\0')
        printf("\n%s", command->help);
    printf("\nExample:\n  %s\n", command->example);
    if (command->flags != 0) {
        putchar('\n');
        cli_print_options(command);
    }
}

static const struct cli_command *cli_find_command(const char *name)
{
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        if (slice_is(slice_of(name), CLI_COMMANDS[i].name))
            return &CLI_COMMANDS[i];
    }
    return NULL;
}

static void cli_print_commands(void)
{
    puts("Mailrange: puts an unmodified mail server into a private simulated internet, in virtual\n"
         "time, and shows what happens to its mail.\n\n"
         "  mailrange run scenarios/retry/greylisting.json\n\nCommands:");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        const struct cli_command *command = &CLI_COMMANDS[i];
        char left[64];
        if (command->summary == NULL)
            continue;
        snprintf(left, sizeof left, "%s %s", command->name, command->arguments);
        printf("  %-28s %s\n", left, command->summary);
    }
    puts("\nExit codes: 0 all passed; 1 a scenario failed; 2 bad usage or an invalid scenario;\n"
         "3 this machine cannot give the world; 4 internal error.\n"
         "mailrange help COMMAND says more. The man page: man -l docs/mailrange.1");
}

static int cli_unknown_command(const char *name)
{
    const char *names[sizeof CLI_COMMANDS / sizeof CLI_COMMANDS[0] + 1];
    size_t count = 0;
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        if (CLI_COMMANDS[i].summary != NULL)
            names[count++] = CLI_COMMANDS[i].name;
    }
    names[count] = NULL;
    const char *nearest = text_nearest(name, names);
    if (nearest != NULL)
        cli_error("%s: no such command; did you mean \"%s\"?", name, nearest);
    else if (file_exists(name))
        cli_error("%s: no such command; did you mean \"mailrange run %s\"?", name, name);
    else
        cli_error("%s: no such command; \"mailrange help\" lists them", name);
    return RUN_EXIT_USAGE;
}

int cli_cmd_help(const struct cli_command *self, int argc, char **argv)
{
    if (!cli_takes_only(self, argc, argv, 1))
        return RUN_EXIT_USAGE;
    if (argc == 0) {
        cli_print_commands();
        return RUN_EXIT_PASSED;
    }
    const struct cli_command *command = cli_find_command(argv[0]);
    if (command == NULL || command->summary == NULL)
        return cli_unknown_command(argv[0]);
    cli_print_help(command);
    return RUN_EXIT_PASSED;
}

/* Is help asked for anywhere before "--"? Of a command that is not shown nothing is. */
static bool cli_asks_help(const struct cli_command *command, int argc, char **argv)
{
    for (int i = 0; i < argc && !slice_is(slice_of(argv[i]), "--"); i++) {
        if (slice_is(slice_of(argv[i]), "--help") || slice_is(slice_of(argv[i]), "-h"))
            return command->summary != NULL;
    }
    return false;
}

int cli_main(int argc, char **argv)
{
    if (argc == 2 && slice_is(slice_of(argv[1]), "--version")) {
        puts("mailrange " MAILRANGE_VERSION);
        return RUN_EXIT_PASSED;
    }
    if (argc < 2 || slice_is(slice_of(argv[1]), "--help") || slice_is(slice_of(argv[1]), "-h")) {
        cli_print_commands();
        return argc < 2 ? RUN_EXIT_USAGE : RUN_EXIT_PASSED;
    }
    if (cli_find_root() != 0) {
        cli_error("the project's folder (with mta-under-test/adapters) was not found; "
                  "set MAILRANGE_ROOT to it");
        return RUN_EXIT_MACHINE;
    }
    const struct cli_command *command = cli_find_command(argv[1]);
    if (command == NULL)
        return cli_unknown_command(argv[1]);
    if (cli_asks_help(command, argc - 2, argv + 2)) {
        cli_print_help(command);
        return RUN_EXIT_PASSED;
    }
    int code = command->run(command, argc - 2, argv + 2);
    arena_deinit(&cli_texts);
    return code;
}
