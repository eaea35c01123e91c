/*
 * JUnit XML in the form that Jenkins, GitLab and GitHub's actions read: a testsuite for each topic
 * (the folder that scenarios stand in), a testcase for each scenario, so that a dashboard's history
 * goes by scenario. All checks that failed stand in the one failure.
 */
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
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

/* The folder of the scenario, which is its topic. */
static struct slice topic_of(const struct report_run *run)
{
    struct slice folder = file_folder_name(run->file);
    return folder.len > 0 ? folder : SLICE("scenarios");
}

/* The words of one check, as lines. */
static void add_check(struct buf *out, const struct report_check *check)
{
    char at[TIME_TEXT_BYTES];
    html_print(out, "%s\n  expected  %s\n  happened  %s\n", check->text, check->expected,
               check->actual);
    if (check->at_us >= 0)
        html_print(out, "  when      %s of virtual time\n", time_span_to_text(check->at_us, at));
    if (*check->session != '\0')
        html_print(out, "  session   %s\n", check->session);
    if (check->packet != 0)
        html_print(out, "  packet    %zu of capture.pcapng\n", (size_t)check->packet);
    if (*check->place != '\0')
        html_print(out, "  place     %s\n", check->place);
}

static void add_checks(struct buf *out, const struct report_run *run, enum report_verdict verdict)
{
    for (size_t i = 0; i < run->check_count; i++)
        if (run->checks[i].verdict == verdict)
            add_check(out, &run->checks[i]);
}

static const struct report_check *first_failed(const struct report_run *run)
{
    for (size_t i = 0; i < run->check_count; i++)
        if (run->checks[i].verdict == REPORT_FAILED)
            return &run->checks[i];
    return NULL;
}

static void add_failure(struct buf *out, const struct report_run *run)
{
    const struct report_check *check = first_failed(run);
    if (check == NULL) {
        html_print(out, "<failure message=\"%s\">%s</failure>", run->end_reason, run->end_detail);
        return;
    }
    html_print(out, "<failure type=\"%s\" message=\"%s: expected %s, but: %s\">", check->kind,
               check->text, check->expected, check->actual);
    add_checks(out, run, REPORT_FAILED);
    buf_add_text(out, "</failure>");
}

static void test_case(struct buf *out, const struct report_run *run)
{
    html_print(out, "    <testcase name=\"%s", run->name);
    if (*run->cell != '\0')
        html_print(out, " [%s]", run->cell);
    html_print(out, "\" classname=\"");
    html_slice(out, topic_of(run));
    html_print(out, "\" file=\"%s\" time=\"%.3f\">", run->file, seconds_of(run));
    if (run->verdict == REPORT_FAILED)
        add_failure(out, run);
    else if (run->verdict == REPORT_NOT_APPLICABLE)
        html_print(out, "<skipped message=\"%s\"/>", run->problem);
    else if (run->verdict == REPORT_ERROR)
        html_print(out, "<error message=\"could not be run\">%s</error>", run->problem);
    /* JUnit has no warnings: it passes, and says what was seen. */
    if (report_run_count(run, REPORT_WARNED) > 0) {
        buf_add_text(out, "<system-out>warnings:\n");
        add_checks(out, run, REPORT_WARNED);
        buf_add_text(out, "</system-out>");
    }
    buf_add_text(out, "</testcase>\n");
}

struct counts {
    size_t tests;
    size_t failures;
    size_t errors;
    size_t skipped;
    double seconds;
};

static void count_run(struct counts *counts, const struct report_run *run)
{
    counts->tests++;
    counts->failures += run->verdict == REPORT_FAILED;
    counts->errors += run->verdict == REPORT_ERROR;
    counts->skipped += run->verdict == REPORT_NOT_APPLICABLE;
    counts->seconds += seconds_of(run);
}

static void add_counts(struct buf *out, const struct counts *counts)
{
    html_print(out,
               " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
               counts->tests, counts->failures, counts->errors, counts->skipped, counts->seconds);
}

/* All runs of the topic, from the first one on. */
static void test_suite(struct buf *out, const struct report_suite *suite, size_t first)
{
    struct slice topic = topic_of(suite->runs[first]);
    struct counts counts = {0};
    for (size_t i = first; i < suite->run_count; i++)
        if (slice_equal(topic_of(suite->runs[i]), topic))
            count_run(&counts, suite->runs[i]);
    buf_add_text(out, "  <testsuite name=\"");
    html_slice(out, topic);
    buf_add_char(out, '"');
    add_counts(out, &counts);
    for (size_t i = first; i < suite->run_count; i++)
        if (slice_equal(topic_of(suite->runs[i]), topic))
            test_case(out, suite->runs[i]);
    buf_add_text(out, "  </testsuite>\n");
}

static bool is_first_of_topic(const struct report_suite *suite, size_t index)
{
    struct slice topic = topic_of(suite->runs[index]);
    for (size_t i = 0; i < index; i++)
        if (slice_equal(topic_of(suite->runs[i]), topic))
            return false;
    return true;
}

void report_junit_print(const struct report_suite *suite, struct buf *out)
{
    struct counts all = {0};
    for (size_t i = 0; i < suite->run_count; i++)
        count_run(&all, suite->runs[i]);
    html_print(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"%s\"",
               suite->title != NULL ? suite->title : "Mailrange");
    add_counts(out, &all);
    for (size_t i = 0; i < suite->run_count; i++)
        if (is_first_of_topic(suite, i))
            test_suite(out, suite, i);
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
