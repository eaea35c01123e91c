#include "sim/run/run_report.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "reports/report_model.h"
#include "reports/report_suite.h"
#include "sim/run/run_folder.h"

#include "mta-under-test/base/poison.h"

enum { RUN_REPORT_BYTES_MAX = 256 * 1024 * 1024 };

static const char *const RUN_REPORTS[] = {"report.html",  "results.json", "junit.xml",
                                          "compare.html", "compare.json", NULL};

struct run_evidence {
    struct report_run **runs;
    size_t count;
};

int run_report_begin(const char *output, struct err *err)
{
    for (size_t i = 0; RUN_REPORTS[i] != NULL; i++) {
        char *path = run_folder_file(output, RUN_REPORTS[i]);
        int failed = unlink(path) != 0 && errno != ENOENT;
        if (failed)
            err_set_errno(err, "%s: an earlier report cannot be removed", path);
        free(path);
        if (failed)
            return -1;
    }
    return 0;
}

static void run_evidence_add(struct run_evidence *evidence, struct report_run *run)
{
    evidence->runs = mem_grow(evidence->runs, evidence->count + 1, sizeof *evidence->runs);
    evidence->runs[evidence->count++] = run;
}

static void run_evidence_free(struct run_evidence *evidence)
{
    for (size_t i = 0; i < evidence->count; i++)
        report_run_free(&evidence->runs[i]);
    free(evidence->runs);
}

/* A case without results: why there are none stands in a file. */
static int run_evidence_problem(struct run_evidence *evidence, const char *path, bool skipped,
                                const char *name, const char *file, struct err *err)
{
    struct buf text;
    buf_init(&text, ERR_TEXT_BYTES * (size_t)2);
    int result = file_read(path, &text, err);
    if (result == 0) {
        struct report_run *run = report_run_of_problem(name, file, buf_text(&text));
        if (skipped)
            run->verdict = REPORT_NOT_APPLICABLE;
        run_evidence_add(evidence, run);
    }
    buf_deinit(&text);
    return result;
}

/* The case's evidence, or its error where it could not run. `follow` has what was read of it
 * already; NULL if that is nothing. */
static int run_evidence_load(struct run_evidence *evidence, const char *folder, const char *name,
                             const char *file, struct run_follow *follow, struct err *err)
{
    char *results = run_folder_file(folder, RUN_RESULTS_FILE);
    char *error = run_folder_file(folder, RUN_ERROR_FILE);
    char *skipped = run_folder_file(folder, RUN_SKIPPED_FILE);
    int result = 0;
    if (file_exists(results)) {
        struct report_run *run =
            follow != NULL ? run_follow_report(follow, err) : report_run_load(folder, err);
        if (run != NULL)
            run_evidence_add(evidence, run);
        else
            result = -1;
    } else if (file_exists(error)) {
        result = run_evidence_problem(evidence, error, false, name, file, err);
    } else if (file_exists(skipped)) {
        result = run_evidence_problem(evidence, skipped, true, name, file, err);
    }
    free(results);
    free(error);
    free(skipped);
    return result;
}

typedef int run_report_writer(const struct report_suite *suite, const char *path, struct err *err);

/* The file of the output folder, and the copy that was asked for. */
static int run_report_file(const struct report_suite *suite, const char *output, const char *name,
                           const char *copy, run_report_writer *write, struct err *err)
{
    int result = 0;
    if (name != NULL) {
        char *path = run_folder_file(output, name);
        result = write(suite, path, err);
        free(path);
    }
    if (result == 0 && copy != NULL)
        result = file_make_parents(copy, err) == 0 ? write(suite, copy, err) : -1;
    return result;
}

static int run_report_files(const struct run_options *options, const struct run_evidence *evidence,
                            struct err *err)
{
    const struct report_suite suite = {
        .runs = evidence->runs,
        .run_count = evidence->count,
        .version = MAILRANGE_VERSION,
    };
    const char *output = options->output;
    if (run_report_file(&suite, output, "results.json", options->report_json, report_json_write,
                        err) != 0 ||
        run_report_file(&suite, output, "junit.xml", options->report_junit, report_junit_write,
                        err) != 0 ||
        run_report_file(&suite, output, NULL, options->report_tap, report_tap_write, err) != 0 ||
        run_report_file(&suite, output, "report.html", options->report_html, report_html_write,
                        err) != 0)
        return -1;
    if (options->github) {
        struct buf text;
        buf_init(&text, RUN_REPORT_BYTES_MAX);
        report_github_print(&suite, &text);
        fputs(buf_text(&text), stdout);
        buf_deinit(&text);
    }
    return 0;
}

int run_report_write(const struct run_options *options, const struct run_plan *plan,
                     struct run_follow *follows, struct err *err)
{
    struct run_evidence evidence = {0};
    int result = 0;
    for (size_t i = 0; i < plan->case_count && result == 0; i++) {
        const struct run_case *one = &plan->cases[i];
        char *folder = run_folder_file(options->output, one->folder);
        struct run_follow *follow = follows[i].purpose != NULL ? &follows[i] : NULL;
        result = run_evidence_load(&evidence, folder, one->name, one->file, follow, err);
        free(folder);
    }
    if (result == 0)
        result = run_report_files(options, &evidence, err);
    run_evidence_free(&evidence);
    return result;
}

static int run_compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Every folder below `folder` that has the evidence of a case, in the order of the names. */
static int run_evidence_gather(struct run_evidence *evidence, const char *folder, struct err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, run_compare_entries);
    if (count < 0)
        return err_set_errno(err, "%s: cannot be read", folder);
    int result = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.' && result == 0) {
            char *path = run_folder_file(folder, entries[i]->d_name);
            result = run_evidence_load(evidence, path, entries[i]->d_name, "", NULL, err);
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

/* Joins what one folder has. A run that ended left its results.json, even one of an empty shard. */
static int run_evidence_join(struct run_evidence *evidence, const char *folder, struct err *err)
{
    size_t before = evidence->count;
    if (run_evidence_gather(evidence, folder, err) != 0)
        return -1;
    char *results = run_folder_file(folder, RUN_RESULTS_FILE);
    bool ended = file_exists(results);
    free(results);
    if (ended)
        return 0;
    if (evidence->count == before)
        return err_set(
            err,
            "%s: no run is here; expected the output folder of \"mailrange run -o\", with "
            "results.json and a folder for each scenario",
            folder);
    fprintf(
        stderr,
        "mailrange: %s: its run did not come to an end (there is no results.json): scenarios may "
        "be missing\n",
        folder);
    return 0;
}

int run_report_merge(const struct run_options *options, const char *const *folders, size_t count,
                     struct err *err)
{
    struct run_evidence evidence = {0};
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = run_evidence_join(&evidence, folders[i], err);
    if (result == 0 && evidence.count == 0)
        result = err_set(err, "no scenario has run in %s%s: there is nothing to report", folders[0],
                         count > 1 ? " and the other folders" : "");
    if (result == 0)
        result = file_make_folders(options->output, err);
    if (result == 0)
        result = run_report_files(options, &evidence, err);
    run_evidence_free(&evidence);
    return result;
}
