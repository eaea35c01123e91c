#include "sim/run/run_print.h"

#include <cjson/cJSON.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "sim/run/run_folder.h"

#include "mta-under-test/base/poison.h"

enum { RUN_TEXT_BYTES_MAX = 1024 * 1024 };

enum run_hue { RUN_GREEN, RUN_RED, RUN_YELLOW, RUN_DIM };

static const char *const RUN_HUES[] = {"\033[32m", "\033[31m", "\033[33m", "\033[2m"};

static bool run_uses_color(const struct run_options *options)
{
    if (options->color != RUN_COLOR_AUTO)
        return options->color == RUN_COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
}

static void run_say(const struct run_options *options, enum run_hue hue, const char *word)
{
    bool color = run_uses_color(options);
    printf("%s%s%s", color ? RUN_HUES[hue] : "", word, color ? "\033[0m" : "");
}

void run_tally_add(struct run_tally *tally, int code, bool flaky)
{
    switch (code) {
    case RUN_EXIT_PASSED:
        tally->passed++;
        tally->flaky += flaky;
        break;
    case RUN_EXIT_FAILED:
        tally->failed++;
        break;
    case RUN_EXIT_SKIPPED:
        tally->skipped++;
        break;
    case RUN_EXIT_USAGE:
        tally->invalid++;
        break;
    case RUN_EXIT_MACHINE:
        tally->machine++;
        break;
    default:
        tally->internal++;
        break;
    }
}

int run_tally_exit(const struct run_tally *tally)
{
    if (tally->internal > 0)
        return RUN_EXIT_INTERNAL;
    if (tally->machine > 0)
        return RUN_EXIT_MACHINE;
    if (tally->invalid > 0)
        return RUN_EXIT_USAGE;
    return tally->failed > 0 ? RUN_EXIT_FAILED : RUN_EXIT_PASSED;
}

/* The name with its cell and, where several run, its server. */
static void run_print_name(const struct run_options *options, const struct run_case *one)
{
    printf(" %s", one->name);
    if (one->cell_name[0] != '\0')
        printf(" [%s]", one->cell_name);
    if (options->mta_count > 1 || !slice_is(slice_of(one->mta), "refmta"))
        printf(" (%s)", one->mta);
}

/* ", 12m of virtual time in 80ms", where the case left its timing. */
static void run_print_timing(const struct run_options *options, const char *folder)
{
    struct buf text;
    char *path = run_folder_file(folder, RUN_TIMING_FILE);
    char virtual_text[TIME_TEXT_BYTES];
    char real_text[TIME_TEXT_BYTES];
    buf_init(&text, RUN_TEXT_BYTES_MAX);
    if (file_read(path, &text, NULL) == 0) {
        cJSON *timing = cJSON_Parse(buf_text(&text));
        double virtual_s = cJSON_GetNumberValue(cJSON_GetObjectItem(timing, "virtual_s"));
        double real_ms = cJSON_GetNumberValue(cJSON_GetObjectItem(timing, "world_ms"));
        char line[160];
        snprintf(line, sizeof line, "  %s in %s",
                 time_span_to_text((int64_t)virtual_s * TIME_SECOND, virtual_text),
                 time_span_to_text((int64_t)real_ms * TIME_MS, real_text));
        run_say(options, RUN_DIM, line);
        cJSON_Delete(timing);
    }
    buf_deinit(&text);
    free(path);
}

/* What the case's own process has left to be said. */
static void run_print_file(const char *folder, const char *name, const char *around)
{
    struct buf text;
    char *path = run_folder_file(folder, name);
    buf_init(&text, RUN_TEXT_BYTES_MAX);
    if (file_read(path, &text, NULL) == 0)
        printf("%s%s%s", around[0] != '\0' ? "  " : "", buf_text(&text), around);
    buf_deinit(&text);
    free(path);
}

void run_print_case(const struct run_options *options, const struct run_case *one,
                    const char *folder, int code)
{
    static const struct {
        const char *word;
        enum run_hue hue;
    } ENDS[] = {
        [RUN_EXIT_PASSED] = {"PASSED", RUN_GREEN}, [RUN_EXIT_FAILED] = {"FAILED", RUN_RED},
        [RUN_EXIT_USAGE] = {"INVALID", RUN_RED},   [RUN_EXIT_MACHINE] = {"NOT RUN", RUN_RED},
        [RUN_EXIT_INTERNAL] = {"ERROR", RUN_RED},  [RUN_EXIT_SKIPPED] = {"N/A", RUN_YELLOW},
    };
    bool quiet = options->verbosity == RUN_QUIET;
    if (options->interactive && code <= RUN_EXIT_FAILED) {
        printf("ended; the evidence is in %s\n"
               "report: %s/report.html\n",
               folder, options->output);
        return;
    }
    if (quiet && (code == RUN_EXIT_PASSED || code == RUN_EXIT_SKIPPED))
        return;
    run_say(options, ENDS[code].hue, ENDS[code].word);
    run_print_name(options, one);
    if (code <= RUN_EXIT_FAILED)
        run_print_timing(options, folder);
    putchar('\n');
    if (code > RUN_EXIT_FAILED)
        run_print_file(folder, code == RUN_EXIT_SKIPPED ? RUN_SKIPPED_FILE : RUN_ERROR_FILE, "\n");
    else if (code == RUN_EXIT_FAILED || !quiet)
        run_print_file(folder, RUN_CHECKS_FILE, "");
    if (code != RUN_EXIT_PASSED && code != RUN_EXIT_SKIPPED)
        printf("  evidence: %s\n", folder);
    fflush(stdout);
}

static void run_print_count(unsigned count, const char *what, bool *first)
{
    if (count == 0)
        return;
    printf("%s%u %s", *first ? "" : ", ", count, what);
    *first = false;
}

void run_print_tally(const struct run_options *options, const struct run_tally *tally)
{
    bool first = true;
    run_print_count(tally->passed, "passed", &first);
    run_print_count(tally->flaky, "of them flaky", &first);
    run_print_count(tally->failed, "failed", &first);
    run_print_count(tally->skipped, "not applicable", &first);
    run_print_count(tally->invalid, "invalid", &first);
    run_print_count(tally->machine, "could not run", &first);
    run_print_count(tally->internal, "internal errors", &first);
    if (first)
        printf("no scenario was selected");
    printf("\nreport: %s/report.html\n", options->output);
}
