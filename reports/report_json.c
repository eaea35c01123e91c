/*
 * The results of all runs in one file: a summary, then the results.json of each, as it is.
 */
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/json_out.h"
#include "reports/report_model.h"
#include "reports/report_suite.h"

#include "mta-under-test/base/poison.h"

enum { JSON_BYTES_MAX = 1024 * 1024 * 1024, SUITE_VERSION = 1 };

static const char *word(enum report_verdict verdict)
{
    switch (verdict) {
    case REPORT_PASSED:
    case REPORT_WARNED:
        return "passed";
    case REPORT_FAILED:
        return "failed";
    case REPORT_NOT_APPLICABLE:
        return "not-applicable";
    case REPORT_NOTED:
    case REPORT_ERROR:
    default:
        return "not-run";
    }
}

static void summary(struct json_out *json, const struct report_suite *suite)
{
    int64_t passed = 0;
    int64_t failed = 0;
    int64_t not_run = 0;
    int64_t not_applicable = 0;
    int64_t checks = 0;
    int64_t checks_failed = 0;
    int64_t warnings = 0;
    for (size_t i = 0; i < suite->run_count; i++) {
        const struct report_run *run = suite->runs[i];
        passed += report_run_passed(run);
        failed += run->verdict == REPORT_FAILED;
        not_run += run->verdict == REPORT_ERROR;
        not_applicable += run->verdict == REPORT_NOT_APPLICABLE;
        checks += (int64_t)run->check_count;
        checks_failed += (int64_t)report_run_count(run, REPORT_FAILED);
        warnings += (int64_t)report_run_count(run, REPORT_WARNED);
    }
    json_out_object(json, "summary");
    json_out_int(json, "scenarios", (int64_t)suite->run_count);
    json_out_int(json, "passed", passed);
    json_out_int(json, "failed", failed);
    json_out_int(json, "not-run", not_run);
    json_out_int(json, "not-applicable", not_applicable);
    json_out_int(json, "checks", checks);
    json_out_int(json, "checks-failed", checks_failed);
    json_out_int(json, "warnings", warnings);
    json_out_end(json);
}

static void one_run(struct json_out *json, const struct report_run *run)
{
    json_out_object(json, NULL);
    json_out_text(json, "name", run->name);
    json_out_text(json, "file", run->file);
    if (*run->cell != '\0')
        json_out_text(json, "cell", run->cell);
    json_out_text(json, "verdict", word(run->verdict));
    if (*run->problem != '\0')
        json_out_text(json, "problem", run->problem);
    json_out_raw(json, "results", run->results != NULL ? run->results : "null");
    json_out_end(json);
}

void report_json_print(const struct report_suite *suite, struct buf *out)
{
    struct json_out json;
    json_out_init_pretty(&json, out);
    json_out_object(&json, NULL);
    json_out_int(&json, "version", SUITE_VERSION);
    if (suite->title != NULL)
        json_out_text(&json, "title", suite->title);
    summary(&json, suite);
    json_out_array(&json, "scenarios");
    for (size_t i = 0; i < suite->run_count; i++)
        one_run(&json, suite->runs[i]);
    json_out_end(&json);
    json_out_end(&json);
    buf_add_char(out, '\n');
}

int report_json_write(const struct report_suite *suite, const char *path, struct err *err)
{
    struct buf out;
    buf_init(&out, JSON_BYTES_MAX);
    report_json_print(suite, &out);
    int result = buf_overflowed(&out) ? err_set(err, "%s: the report would be too large", path)
                                      : file_write(path, buf_slice(&out), err);
    buf_deinit(&out);
    return result;
}
