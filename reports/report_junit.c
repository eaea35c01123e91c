/*
 * JUnit XML in the form that Jenkins, GitLab and GitHub's actions read: testsuites, a testsuite for
 * each scenario, a testcase for each check.
 */
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "reports/html_out.h"
#include "reports/report_model.h"
#include "reports/report_suite.h"

#include "mta-under-test/base/poison.h"

enum { JUNIT_BYTES_MAX = 256 * 1024 * 1024 };

static double seconds_of(const struct report_run *run)
{
    int64_t us = run->wall_given ? run->wall_us : run->end_us;
    return (double)us / (double)TIME_SECOND;
}

/* "scenarios/retry/greylisting.json" as a class name: its dots would make packages of it. */
static void class_name(struct buf *out, const struct report_run *run)
{
    struct slice file = slice_of(*run->file != '\0' ? run->file : run->name);
    if (slice_ends_with_nocase(file, SLICE(".json")))
        file.len -= 5;
    html_slice(out, file);
    if (*run->cell != '\0')
        html_print(out, " [%s]", run->cell);
}

static void details(struct buf *out, const struct report_check *check)
{
    char at[TIME_TEXT_BYTES];
    html_print(out, "expected: %s\nactual:   %s\n", check->expected, check->actual);
    if (check->at_us >= 0)
        html_print(out, "when:     %s of virtual time\n", time_span_to_text(check->at_us, at));
    if (*check->session != '\0')
        html_print(out, "session:  %s\n", check->session);
    if (check->packet != 0)
        html_print(out, "packet:   %zu of capture.pcapng\n", (size_t)check->packet);
    if (*check->place != '\0')
        html_print(out, "place:    %s\n", check->place);
}

static void test_case(struct buf *out, const struct report_run *run,
                      const struct report_check *check)
{
    html_print(out, "    <testcase name=\"%s\" classname=\"", check->text);
    class_name(out, run);
    buf_add_text(out, "\" time=\"0\">");
    switch (check->verdict) {
    case REPORT_FAILED:
        html_print(out, "<failure type=\"%s\" message=\"expected %s, but: %s\">", check->kind,
                   check->expected, check->actual);
        details(out, check);
        buf_add_text(out, "</failure>");
        break;
    case REPORT_WARNED:
        /* JUnit has no warnings: it passes, and says what was seen. */
        buf_add_text(out, "<system-out>warning (level should)\n");
        details(out, check);
        buf_add_text(out, "</system-out>");
        break;
    case REPORT_NOT_APPLICABLE:
        html_print(out, "<skipped message=\"%s\"/>", check->actual);
        break;
    case REPORT_ERROR:
        html_print(out, "<error message=\"%s\"/>", check->actual);
        break;
    case REPORT_PASSED:
    default:
        break;
    }
    buf_add_text(out, "</testcase>\n");
}

/* A run that failed or could not take place, without a check that says so. */
static bool needs_case_of_its_own(const struct report_run *run)
{
    return run->check_count == 0 ||
           (!report_run_passed(run) && report_run_count(run, REPORT_FAILED) == 0);
}

static void own_case(struct buf *out, const struct report_run *run)
{
    html_print(out, "    <testcase name=\"%s\" classname=\"", run->name);
    class_name(out, run);
    html_print(out, "\" time=\"%.3f\">", seconds_of(run));
    if (run->verdict == REPORT_FAILED)
        html_print(out, "<failure message=\"%s\">%s</failure>", run->end_reason, run->end_detail);
    else if (run->verdict == REPORT_NOT_APPLICABLE)
        html_print(out, "<skipped message=\"%s\"/>", run->problem);
    else if (run->verdict == REPORT_ERROR)
        html_print(out, "<error message=\"could not be run\">%s</error>", run->problem);
    buf_add_text(out, "</testcase>\n");
}

struct counts {
    size_t tests;
    size_t failures;
    size_t errors;
    size_t skipped;
};

static struct counts count_run(const struct report_run *run)
{
    bool own = needs_case_of_its_own(run);
    return (struct counts){
        .tests = run->check_count + own,
        .failures = report_run_count(run, REPORT_FAILED) + (own && run->verdict == REPORT_FAILED),
        .errors = report_run_count(run, REPORT_ERROR) + (own && run->verdict == REPORT_ERROR),
        .skipped = report_run_count(run, REPORT_NOT_APPLICABLE) +
                   (own && run->verdict == REPORT_NOT_APPLICABLE),
    };
}

static void counts_of(struct buf *out, const struct counts *counts, double seconds)
{
    html_print(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"",
               counts->tests, counts->failures, counts->errors, counts->skipped, seconds);
}

static void test_suite(struct buf *out, const struct report_run *run)
{
    struct counts counts = count_run(run);
    char started[TIME_TEXT_BYTES];
    html_print(out, "  <testsuite name=\"%s\"", run->name);
    counts_of(out, &counts, seconds_of(run));
    if (run->started_us != 0) {
        /* JUnit's times have no zone. */
        time_to_rfc3339(run->started_us / TIME_SECOND * TIME_SECOND, started);
        started[strcspn(started, "Z")] = '\0';
        html_print(out, " timestamp=\"%s\"", started);
    }
    if (*run->file != '\0')
        html_print(out, " file=\"%s\"", run->file);
    html_print(out,
               ">\n    <properties><property name=\"mta\" value=\"%s\"/>"
               "<property name=\"seed\" value=\"%ld\"/></properties>\n",
               run->mta, (long)run->seed);
    for (size_t i = 0; i < run->check_count; i++)
        test_case(out, run, &run->checks[i]);
    if (needs_case_of_its_own(run))
        own_case(out, run);
    buf_add_text(out, "  </testsuite>\n");
}

void report_junit_print(const struct report_suite *suite, struct buf *out)
{
    struct counts all = {0};
    double seconds = 0;
    for (size_t i = 0; i < suite->run_count; i++) {
        struct counts counts = count_run(suite->runs[i]);
        all.tests += counts.tests;
        all.failures += counts.failures;
        all.errors += counts.errors;
        all.skipped += counts.skipped;
        seconds += seconds_of(suite->runs[i]);
    }
    html_print(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"%s\"",
               suite->title != NULL ? suite->title : "Mailrange");
    counts_of(out, &all, seconds);
    buf_add_text(out, ">\n");
    for (size_t i = 0; i < suite->run_count; i++)
        test_suite(out, suite->runs[i]);
    buf_add_text(out, "</testsuites>\n");
}

int report_junit_write(const struct report_suite *suite, const char *path, struct err *err)
{
    struct buf out;
    buf_init(&out, JUNIT_BYTES_MAX);
    report_junit_print(suite, &out);
    int result = buf_overflowed(&out) ? err_set(err, "%s: the report would be too large", path)
                                      : file_write(path, buf_slice(&out), err);
    buf_deinit(&out);
    return result;
}
