/*
 * Any bytes as the evidence of a run: the part before the first empty line is results.json, the
 * rest events.jsonl; every kind of report is written of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "reports/report_suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUT_MAX = 16 * 1024 * 1024 };

static void write_all(struct report_run *run)
{
    struct report_suite suite = {.runs = &run, .run_count = 1};
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    report_html_print(&suite, "", &out);
    buf_reset(&out);
    report_junit_print(&suite, &out);
    buf_reset(&out);
    report_tap_print(&suite, &out);
    buf_reset(&out);
    report_json_print(&suite, &out);
    report_github_print(&suite, &out);
    buf_deinit(&out);
}

static char folder[] = "/tmp/fuzz-report-XXXXXX";
static char results_path[64];
static char events_path[64];

static void remove_folder(void)
{
    unlink(results_path);
    unlink(events_path);
    rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_from((const char *)data, size);
    struct err err = {0};
    if (results_path[0] == '\0') {
        if (mkdtemp(folder) == NULL)
            return 0;
        snprintf(results_path, sizeof results_path, "%s/results.json", folder);
        snprintf(events_path, sizeof events_path, "%s/events.jsonl", folder);
        atexit(remove_folder);
    }
    size_t cut = slice_find_slice(input, SLICE("\n\n"));
    struct slice events = cut == SIZE_MAX ? input : slice_skip(input, cut + 2);
    unlink(results_path);
    if (cut != SIZE_MAX && file_write(results_path, slice_first(input, cut), &err) != 0)
        return 0;
    if (file_write(events_path, events, &err) != 0)
        return 0;
    struct report_run *run = report_run_load(folder, &err);
    if (run != NULL)
        write_all(run);
    report_run_free(&run);
    return 0;
}
