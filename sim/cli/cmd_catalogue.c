/*
 * The commands that only read scenarios: list, validate, init; and what they share with explain.
 */
#include "sim/cli/cli.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/slice.h"
#include "sim/run/run_plan.h"
#include "sim/scenario/scenario_init.h"
#include "sim/scenario/scenario_words.h"

#include "mta-under-test/base/poison.h"

enum { CLI_PAGE_BYTES_MAX = 4 * 1024 * 1024 };

int cli_plan(const struct cli_command *command, int argc, char **argv, struct run_options *options,
             struct run_plan *plan)
{
    struct err err = {0};
    int used = cli_read_options(command, argc, argv, options);
    if (used < 0)
        return -1;
    const char **paths = mem_alloc_array((size_t)(argc - used) + 1, sizeof *paths);
    for (int i = used; i < argc; i++)
        paths[i - used] = argv[i];
    int result = run_plan_make(options, paths, (size_t)(argc - used), plan, &err);
    free(paths);
    if (result != 0) {
        cli_error("%s", err.text);
        run_plan_deinit(plan);
    }
    return result;
}

/* The folder of a scenario, which is its topic. */
static struct slice cli_topic(const struct scenario *scenario)
{
    struct slice folder = file_folder_name(scenario->file);
    return folder.len > 0 ? folder : SLICE(".");
}

/* One row of the index page; a bar would end the cell. */
static void cli_print_row(const struct scenario *scenario, size_t cells)
{
    printf("| [%s](%.*s/%s) | %s | ", file_name(scenario->file), SLICE_ARG(cli_topic(scenario)),
           file_name(scenario->file), scenario->name);
    printf("%.*s", SLICE_ARG(slice_first_sentence(slice_of(scenario->about))));
    if (cells > 1)
        printf(" (%zu runs)", cells);
    printf(" | ");
    for (size_t i = 0; i < scenario->tag_count; i++)
        printf("%s%s", i > 0 ? ", " : "", scenario->tags[i]);
    printf(" | ");
    for (size_t i = 0; i < scenario->reference_count; i++)
        printf("%s%s", i > 0 ? ", " : "", scenario->references[i]);
    puts(" |");
}

/* All scenarios as a page in Markdown, by topic. */
static void cli_print_index(const struct run_plan *plan)
{
    struct slice topic = SLICE("");
    puts("# The catalogue\n\nMade by `mailrange list --markdown`; do not edit.");
    for (size_t i = 0; i < plan->case_count; i++) {
        const struct scenario *scenario = plan->cases[i].scenario;
        size_t cells = 1;
        if (plan->cases[i].cell > 0)
            continue;
        while (i + cells < plan->case_count && plan->cases[i + cells].cell > 0)
            cells++;
        if (!slice_equal(topic, cli_topic(scenario))) {
            topic = cli_topic(scenario);
            printf("\n## %.*s\n\n| scenario | what it is | why | tags | see "
                   "|\n|---|---|---|---|---|\n",
                   SLICE_ARG(topic));
        }
        cli_print_row(scenario, cells);
    }
}

/* The words of the language and who uses them, in Markdown. */
static int cli_print_words(const struct run_plan *plan)
{
    struct err err = {0};
    struct scenario_words *words = scenario_words_open(cli_root(), &err);
    if (words == NULL) {
        cli_error("%s", err.text);
        return RUN_EXIT_MACHINE;
    }
    for (size_t i = 0; i < plan->case_count; i++)
        scenario_words_note(words, plan->cases[i].scenario);
    struct buf page;
    buf_init(&page, CLI_PAGE_BYTES_MAX);
    scenario_words_print(words, &page);
    fputs(buf_text(&page), stdout);
    buf_deinit(&page);
    scenario_words_close(&words);
    return RUN_EXIT_PASSED;
}

/* For people: a line for each scenario, by topic. */
static void cli_print_list(const struct run_plan *plan)
{
    struct slice topic = SLICE("");
    for (size_t i = 0; i < plan->case_count; i++) {
        const struct scenario *scenario = plan->cases[i].scenario;
        if (plan->cases[i].cell > 0) /* one line for all cells of a matrix */
            continue;
        if (!slice_equal(topic, cli_topic(scenario))) {
            topic = cli_topic(scenario);
            printf("%.*s\n", SLICE_ARG(topic));
        }
        printf("  %-34s %s\n", file_name(scenario->file), scenario->name);
    }
}

int cli_cmd_list(const struct cli_command *command, int argc, char **argv)
{
    int code = RUN_EXIT_PASSED;
    struct run_options options;
    struct run_plan plan;
    if (cli_plan(command, argc, argv, &options, &plan) != 0)
        return RUN_EXIT_USAGE;
    if (options.markdown)
        cli_print_index(&plan);
    else if (options.words)
        code = cli_print_words(&plan);
    else
        cli_print_list(&plan);
    if (plan.invalid_count > 0)
        code = RUN_EXIT_USAGE;
    run_plan_deinit(&plan);
    return code;
}

int cli_cmd_validate(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    struct run_plan plan;
    if (cli_plan(command, argc, argv, &options, &plan) != 0)
        return RUN_EXIT_USAGE;
    for (size_t i = 0; i < plan.scenario_count; i++) {
        const struct scenario *scenario = plan.scenarios[i];
        for (size_t k = 0; k < scenario->finding_count; k++)
            printf("%s: note: %s\n", scenario->findings[k].place, scenario->findings[k].text);
    }
    printf("%zu valid, %zu not valid\n", plan.scenario_count, plan.invalid_count);
    int code = plan.invalid_count > 0 ? RUN_EXIT_USAGE : RUN_EXIT_PASSED;
    run_plan_deinit(&plan);
    return code;
}

/* The scenario, and a page beside it that explains it. */
static int cli_write_init(const char *path, struct err *err)
{
    char *schema = mem_text_format("%s/scenarios/schema.json", cli_root());
    char *text = scenario_init_text(schema);
    char *page = mem_text_format("%s.md", path);
    int result = file_write(path, slice_of(text), err);
    if (result == 0)
        result = file_write(page, slice_of(scenario_init_readme()), err);
    if (result == 0)
        printf("%s: written, and %s, which explains it.\nNext: mailrange run %s\n", path, page,
               path);
    free(schema);
    free(text);
    free(page);
    return result;
}

int cli_cmd_init(const struct cli_command *command, int argc, char **argv)
{
    struct err err = {0};
    const char *path = argc > 0 ? argv[0] : "scenario.json";
    if (!cli_takes_only(command, argc, argv, 1))
        return RUN_EXIT_USAGE;
    if (file_exists(path))
        return cli_usage_error(command, "%s: is there already", path);
    if (cli_write_init(path, &err) != 0) {
        cli_error("%s", err.text);
        return RUN_EXIT_MACHINE;
    }
    return RUN_EXIT_PASSED;
}
