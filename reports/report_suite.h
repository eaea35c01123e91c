/*
 * Several runs together, and the kinds of report that are written of them. Each writer makes a
 * whole file or none (through a temporary name), or fills a buf.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "reports/report_run.h"

/* The caller's storage; everything is borrowed. */
struct report_suite {
    const char *title;   /* NULL = made from the runs */
    const char *command; /* that gave these results, shown so that one can repeat it; may be NULL */
    const char *version; /* of Mailrange; may be NULL */
    struct report_run *const *runs;
    size_t run_count;
    int64_t wall_us; /* real time of the whole; 0 = not known */
};

/* One self-contained page. Links to the evidence are made relative where its folder stands below
 * the page's. */
int report_html_write(const struct report_suite *suite, const char *path,
                      struct err *err) MUST_CHECK;
/* JUnit XML as Jenkins and GitLab read it: a test suite for each topic, a case for each scenario.
 */
int report_junit_write(const struct report_suite *suite, const char *path,
                       struct err *err) MUST_CHECK;
/* TAP: a test point for each scenario, its checks as a subtest. */
int report_tap_write(const struct report_suite *suite, const char *path,
                     struct err *err) MUST_CHECK;
/* The results of all, as reports/results.schema.json describes. */
int report_json_write(const struct report_suite *suite, const char *path,
                      struct err *err) MUST_CHECK;

/* GitHub workflow commands, one line for each failed or warned check, for standard output. */
void report_github_print(const struct report_suite *suite, struct buf *out);

/* The same as the files, into a buf whose limit the caller has set. */
void report_html_print(const struct report_suite *suite, const char *folder, struct buf *out);
void report_junit_print(const struct report_suite *suite, struct buf *out);
void report_tap_print(const struct report_suite *suite, struct buf *out);
void report_json_print(const struct report_suite *suite, struct buf *out);
