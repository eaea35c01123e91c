/*
 * Writes the reports of some runs' folders: make_report OUT-FOLDER RUN-FOLDER...
 */
#include <stdio.h>
#include <stdlib.h>

#include "mta-under-test/base/mem.h"
#include "reports/report_suite.h"

static int write_all(const struct report_suite *suite, const char *folder, struct err *err)
{
    char *html = mem_text_format("%s/report.html", folder);
    char *tap = mem_text_format("%s/report.tap", folder);
    int result = report_html_write(suite, html, err);
    if (result == 0)
        result = report_tap_write(suite, tap, err);
    free(html);
    free(tap);
    return result;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    if (argc < 3)
        return EXIT_FAILURE;
    size_t count = (size_t)argc - 2;
    struct report_run **runs = mem_alloc_array(count, sizeof(struct report_run *));
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        runs[i] = report_run_load(argv[i + 2], &err);
        result = runs[i] != NULL ? 0 : -1;
    }
    struct report_suite suite = {.runs = runs, .run_count = count, .version = "test"};
    if (result == 0)
        result = write_all(&suite, argv[1], &err);
    if (result != 0)
        fprintf(stderr, "%s\n", err.text);
    for (size_t i = 0; i < count; i++)
        report_run_free(&runs[i]);
    free(runs);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
