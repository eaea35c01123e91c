/*
 * The flags of all commands: one table, read by the parser and printed by help. Each flag belongs
 * to a group, and a command takes some groups.
 */
#include "sim/cli/cli.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* How a flag's value is taken; each kind is one function below. */
typedef int cli_flag_take(struct run_options *options, size_t offset, const char *value,
                          struct err *err);

struct cli_flag {
    const char *name;  /* "--seed" */
    const char *brief; /* "-j", or NULL */
    const char *value; /* what is shown for its value; NULL = takes none */
    const char *environment;
    cli_flag_take *take;
    size_t offset;  /* of the field in struct run_options, for the general kinds */
    unsigned group; /* enum cli_flags */
    const char *help;
};

#define CLI_FIELD(type, options, offset) (*(type *)(void *)((char *)(options) + (offset)))

static int cli_take_text(struct run_options *options, size_t offset, const char *value,
                         struct err *err)
{
    (void)err;
    CLI_FIELD(const char *, options, offset) = value;
    return 0;
}

static int cli_take_true(struct run_options *options, size_t offset, const char *value,
                         struct err *err)
{
    (void)value;
    (void)err;
    CLI_FIELD(bool, options, offset) = true;
    return 0;
}

static int cli_take_count(struct run_options *options, size_t offset, const char *value,
                          struct err *err)
{
    enum { COUNT_MAX = 10000 };
    uint64_t count = 0;
    if (text_to_u64(slice_of(value), &count) != 0 || count > COUNT_MAX)
        return err_set(err, "a number from 0 to %d is expected, not \"%s\"", COUNT_MAX, value);
    CLI_FIELD(unsigned, options, offset) = (unsigned)count;
    return 0;
}

static int cli_take_at_least_one(struct run_options *options, size_t offset, const char *value,
                                 struct err *err)
{
    if (cli_take_count(options, offset, value, err) != 0)
        return -1;
    if (CLI_FIELD(unsigned, options, offset) == 0)
        return err_set(err, "at least 1 is expected");
    return 0;
}

static int cli_take_seed(struct run_options *options, size_t offset, const char *value,
                         struct err *err)
{
    (void)offset;
    if (text_to_u64(slice_of(value), &options->seed) != 0)
        return err_set(err, "a whole number is expected, not \"%s\"", value);
    options->seed_given = true;
    return 0;
}

/* "a,b,c" into an array of at most `max` texts. */
static int cli_split(const char *value, const char **items, size_t *count, size_t max,
                     struct err *err)
{
    struct slice rest = slice_of(value);
    struct slice part;
    *count = 0;
    while (slice_split(&rest, ',', &part)) {
        if (part.len == 0)
            return err_set(err, "an empty name stands in \"%s\"", value);
        if (*count == max)
            return err_set(err, "at most %zu names are allowed", max);
        items[(*count)++] = arena_text_of(cli_arena(), part);
    }
    return 0;
}

static int cli_take_mtas(struct run_options *options, size_t offset, const char *value,
                         struct err *err)
{
    (void)offset;
    return cli_split(value, options->mtas, &options->mta_count, RUN_MTAS_MAX, err);
}

static int cli_take_tags(struct run_options *options, size_t offset, const char *value,
                         struct err *err)
{
    (void)offset;
    return cli_split(value, options->tags, &options->tag_count, RUN_TAGS_MAX, err);
}

static int cli_take_exclude_tags(struct run_options *options, size_t offset, const char *value,
                                 struct err *err)
{
    (void)offset;
    return cli_split(value, options->exclude_tags, &options->exclude_tag_count, RUN_TAGS_MAX, err);
}

static int cli_take_shard(struct run_options *options, size_t offset, const char *value,
                          struct err *err)
{
    (void)offset;
    struct slice rest = slice_of(value);
    struct slice first;
    uint64_t shard = 0;
    uint64_t count = 0;
    if (!slice_split(&rest, '/', &first) || rest.data == NULL || text_to_u64(first, &shard) != 0 ||
        text_to_u64(rest, &count) != 0 || shard < 1 || shard > count || count > UINT16_MAX)
        return err_set(err, "\"2/5\" is expected (the second of five parts), not \"%s\"", value);
    options->shard = (unsigned)shard;
    options->shard_count = (unsigned)count;
    return 0;
}

static int cli_take_word(const char *value, const char *const *words, size_t *index,
                         struct err *err)
{
    for (*index = 0; words[*index] != NULL; (*index)++) {
        if (slice_is(slice_of(value), words[*index]))
            return 0;
    }
    const char *nearest = text_nearest(value, words);
    if (nearest != NULL)
        return err_set(err, "\"%s\" is not known; did you mean \"%s\"?", value, nearest);
    return err_set(err, "\"%s\" is not known; \"%s\", \"%s\"%s are", value, words[0], words[1],
                   words[2] != NULL ? " and others (see help)" : "");
}

static int cli_take_capture(struct run_options *options, size_t offset, const char *value,
                            struct err *err)
{
    static const char *const WORDS[] = {"on", "off", "failed", NULL};
    size_t index = 0;
    (void)offset;
    if (cli_take_word(value, WORDS, &index, err) != 0)
        return -1;
    options->capture = (enum run_capture)index;
    return 0;
}

static int cli_take_color(struct run_options *options, size_t offset, const char *value,
                          struct err *err)
{
    static const char *const WORDS[] = {"auto", "always", "never", NULL};
    size_t index = 0;
    (void)offset;
    if (cli_take_word(value, WORDS, &index, err) != 0)
        return -1;
    options->color = (enum run_color)index;
    return 0;
}

static int cli_take_clock(struct run_options *options, size_t offset, const char *value,
                          struct err *err)
{
    static const char *const WORDS[] = {"virtual", "real", NULL};
    size_t index = 0;
    (void)offset;
    if (cli_take_word(value, WORDS, &index, err) != 0)
        return -1;
    options->virtual_clock = index == 0;
    return 0;
}

static int cli_take_quiet(struct run_options *options, size_t offset, const char *value,
                          struct err *err)
{
    (void)offset;
    (void)value;
    (void)err;
    options->verbosity = RUN_QUIET;
    return 0;
}

static int cli_take_verbose(struct run_options *options, size_t offset, const char *value,
                            struct err *err)
{
    (void)offset;
    (void)value;
    (void)err;
    options->verbosity = RUN_VERBOSE;
    return 0;
}

#define AT(field) offsetof(struct run_options, field)

static const struct cli_flag CLI_FLAGS[] = {
    {"--mta", NULL, "NAME", "MAILRANGE_MTA", cli_take_mtas, 0, CLI_FLAGS_MTA,
     "the server under test; \"refmta\" if nothing is said (several: a,b,c)"},
    {"--seed", NULL, "N", "MAILRANGE_SEED", cli_take_seed, 0, CLI_FLAGS_SEED,
     "instead of the scenario's own seed"},
    {"--clock", NULL, "virtual|real", "MAILRANGE_CLOCK", cli_take_clock, 0, CLI_FLAGS_CLOCK,
     "real: time passes as outside, for watching a run live"},
    {"--capture", NULL, "on|off|failed", "MAILRANGE_CAPTURE", cli_take_capture, 0,
     CLI_FLAGS_CAPTURE, "whether capture.pcapng is kept"},
    {"--output", "-o", "DIR", "MAILRANGE_OUTPUT", cli_take_text, AT(output), CLI_FLAGS_OUTPUT,
     "folder of evidence and reports (reports/latest)"},
    {"--tags", NULL, "A,B", NULL, cli_take_tags, 0, CLI_FLAGS_CHOICE,
     "only scenarios that have one of the tags"},
    {"--exclude-tags", NULL, "A,B", NULL, cli_take_exclude_tags, 0, CLI_FLAGS_CHOICE,
     "none that has one of them"},
    {"--grep", "-g", "TEXT", NULL, cli_take_text, AT(grep), CLI_FLAGS_CHOICE,
     "only scenarios with this in their name or file"},
    {"--last-failed", NULL, NULL, NULL, cli_take_true, AT(last_failed), CLI_FLAGS_CHOICE,
     "only those that failed in the last run of this output folder"},
    {"--shard", NULL, "I/N", "MAILRANGE_SHARD", cli_take_shard, 0, CLI_FLAGS_CHOICE,
     "the I-th of N parts of the suite (see merge)"},
    {"--jobs", "-j", "N", "MAILRANGE_JOBS", cli_take_at_least_one, AT(jobs), CLI_FLAGS_SUITE,
     "so many worlds side by side"},
    {"--max-failures", "-x", "N", NULL, cli_take_count, AT(max_failures), CLI_FLAGS_SUITE,
     "stop after N failed scenarios"},
    {"--repeat-each", NULL, "N", NULL, cli_take_at_least_one, AT(repeat_each), CLI_FLAGS_SUITE,
     "run each scenario N times"},
    {"--retries", NULL, "N", "MAILRANGE_RETRIES", cli_take_count, AT(retries), CLI_FLAGS_SUITE,
     "try a failed scenario again; it is then called flaky"},
    {"--watch", NULL, NULL, NULL, cli_take_true, AT(watch), CLI_FLAGS_WATCH,
     "run again whenever a scenario or fixture changes, until Ctrl-C"},
    {"--report-html", NULL, "FILE", NULL, cli_take_text, AT(report_html), CLI_FLAGS_COPIES,
     "a copy of the report"},
    {"--report-json", NULL, "FILE", NULL, cli_take_text, AT(report_json), CLI_FLAGS_COPIES,
     "a copy of results.json"},
    {"--report-junit", NULL, "FILE", NULL, cli_take_text, AT(report_junit), CLI_FLAGS_COPIES,
     "a copy of junit.xml"},
    {"--report-tap", NULL, "FILE", NULL, cli_take_text, AT(report_tap), CLI_FLAGS_COPIES,
     "results as TAP"},
    {"--github", NULL, NULL, NULL, cli_take_true, AT(github), CLI_FLAGS_COPIES,
     "print GitHub annotations"},
    {"--scoreboard", NULL, NULL, NULL, cli_take_true, AT(scoreboard), CLI_FLAGS_SCOREBOARD,
     "all servers, and docs/scoreboard.md"},
    {"--markdown", NULL, NULL, NULL, cli_take_true, AT(markdown), CLI_FLAGS_PAGES,
     "as the page scenarios/INDEX.md"},
    {"--words", NULL, NULL, NULL, cli_take_true, AT(words), CLI_FLAGS_PAGES,
     "the page of the language's words"},
    {"--color", NULL, "auto|always|never", "MAILRANGE_COLOR", cli_take_color, 0, CLI_FLAGS_LOOK,
     "colours"},
    {"--quiet", "-q", NULL, NULL, cli_take_quiet, 0, CLI_FLAGS_LOOK,
     "only failures and the last line"},
    {"--verbose", "-v", NULL, NULL, cli_take_verbose, 0, CLI_FLAGS_LOOK, "every expectation"},
};

enum { CLI_FLAG_COUNT = sizeof CLI_FLAGS / sizeof CLI_FLAGS[0] };

static bool cli_takes_flag(const struct cli_command *command, const struct cli_flag *flag)
{
    return (command->flags & flag->group) != 0;
}

static const struct cli_flag *cli_find_flag(struct slice name)
{
    for (size_t i = 0; i < CLI_FLAG_COUNT; i++) {
        if (slice_is(name, CLI_FLAGS[i].name) ||
            (CLI_FLAGS[i].brief != NULL && slice_is(name, CLI_FLAGS[i].brief)))
            return &CLI_FLAGS[i];
    }
    return NULL;
}

static int cli_unknown_flag(const struct cli_command *command, const char *flag)
{
    const char *names[CLI_FLAG_COUNT + 1];
    size_t count = 0;
    for (size_t i = 0; i < CLI_FLAG_COUNT; i++) {
        if (cli_takes_flag(command, &CLI_FLAGS[i]))
            names[count++] = CLI_FLAGS[i].name;
    }
    names[count] = NULL;
    const char *nearest = text_nearest(flag, names);
    if (nearest != NULL)
        cli_usage_error(command, "%s: no such flag; did you mean %s?", flag, nearest);
    else
        cli_usage_error(command, "%s: no such flag", flag);
    return -1;
}

/* A flag that only other commands take: says which. */
static int cli_strange_flag(const struct cli_command *command, const struct cli_flag *flag)
{
    struct buf takers;
    buf_init(&takers, 200);
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        if (cli_takes_flag(&CLI_COMMANDS[i], flag))
            buf_format(&takers, "%s%s", takers.len > 0 ? ", " : "", CLI_COMMANDS[i].name);
    }
    cli_usage_error(command, "%s is no flag of %s; it is for %s", flag->name, command->name,
                    buf_text(&takers));
    buf_deinit(&takers);
    return -1;
}

/* The value of a flag: behind "=", behind a short name ("-j2"), or the next argument. */
static int cli_read_flag(const struct cli_command *command, int argc, char **argv, int at,
                         struct run_options *options)
{
    struct slice name = slice_of(argv[at]);
    size_t equals = slice_find(name, '=');
    const char *value = NULL;
    int used = 1;
    if (equals != SIZE_MAX) {
        value = argv[at] + equals + 1;
        name = slice_first(name, equals);
    }
    const struct cli_flag *flag = cli_find_flag(name);
    if (flag == NULL && name.len > 2 && name.data[1] != '-') {
        flag = cli_find_flag(slice_first(name, 2));
        value = argv[at] + 2;
    }
    if (flag == NULL)
        return cli_unknown_flag(command, argv[at]);
    if (!cli_takes_flag(command, flag))
        return cli_strange_flag(command, flag);
    if (flag->value == NULL && value != NULL) {
        cli_usage_error(command, "%s takes no value", flag->name);
        return -1;
    }
    if (flag->value != NULL && value == NULL) {
        if (at + 1 >= argc) {
            cli_usage_error(command, "%s needs a value: %s", flag->name, flag->value);
            return -1;
        }
        value = argv[at + 1];
        used = 2;
    }
    struct err err = {0};
    if (flag->take(options, flag->offset, value, &err) != 0) {
        cli_usage_error(command, "%s: %s", flag->name, err.text);
        return -1;
    }
    return used;
}

static int cli_read_environment(const struct cli_command *command, struct run_options *options)
{
    for (size_t i = 0; i < CLI_FLAG_COUNT; i++) {
        const struct cli_flag *flag = &CLI_FLAGS[i];
        const char *value = flag->environment != NULL && cli_takes_flag(command, flag)
                                ? getenv(flag->environment)
                                : NULL;
        struct err err = {0};
        if (value != NULL && value[0] != '\0' &&
            flag->take(options, flag->offset, value, &err) != 0) {
            cli_usage_error(command, "%s: %s", flag->environment, err.text);
            return -1;
        }
    }
    return 0;
}

int cli_read_options(const struct cli_command *command, int argc, char **argv,
                     struct run_options *options)
{
    run_options_init(options);
    options->root = cli_root();
    options->program = cli_program();
    options->output = "reports/latest";
    if (cli_read_environment(command, options) != 0)
        return -1;
    int at = 0;
    int kept = 0;
    /* Flags may stand behind files: the files are gathered at the end of the flags' place. */
    char **files = mem_alloc_array((size_t)argc + 1, sizeof(char *));
    int flags = 0;
    while (at < argc) {
        if (slice_is(slice_of(argv[at]), "--"))
            break;
        if (argv[at][0] != '-' || argv[at][1] == '\0') {
            files[kept++] = argv[at++];
            continue;
        }
        int used = cli_read_flag(command, argc, argv, at, options);
        if (used < 0) {
            free(files);
            return -1;
        }
        flags += used;
        at += used;
    }
    for (int i = 0; i < kept; i++)
        argv[flags + i] = files[i];
    free(files);
    return flags;
}

void cli_print_options(const struct cli_command *command)
{
    puts("Flags:");
    for (size_t i = 0; i < CLI_FLAG_COUNT; i++) {
        const struct cli_flag *flag = &CLI_FLAGS[i];
        char left[64];
        if (!cli_takes_flag(command, flag))
            continue;
        snprintf(left, sizeof left, "%s%s%s%s%s", flag->brief != NULL ? flag->brief : "",
                 flag->brief != NULL ? ", " : "", flag->name, flag->value != NULL ? " " : "",
                 flag->value != NULL ? flag->value : "");
        printf("  %-28s %s", left, flag->help);
        if (flag->environment != NULL)
            printf(" [%s]", flag->environment);
        putchar('\n');
    }
}
