/*
 * What the machines read: TAP, JSON, GitHub annotations; and that a page is whole. XML is checked
 * with a parser in tests/browser.
 */
#include "reports/report_suite.h"

#include "reports/report_model.h"
#include "tests/unit/unit.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };

static struct report_run *runs[3];
static struct report_suite all;
static struct buf out;

static void load_runs(void)
{
    struct err err = {0};
    runs[0] = report_run_load("tests/fixtures/runs/greylisting", &err);
    ck_assert_msg(runs[0] != NULL, "%s", err.text);
    runs[1] = report_run_load("tests/fixtures/runs/hostile", &err);
    ck_assert_msg(runs[1] != NULL, "%s", err.text);
    runs[2] = report_run_of_problem("Broken", "scenarios/broken,1.json", "line 1: no\nJSON");
    all = (struct report_suite){.runs = runs, .run_count = 3};
    buf_init(&out, OUTPUT_MAX);
}

static void free_runs(void)
{
    for (size_t i = 0; i < 3; i++)
        report_run_free(&runs[i]);
    buf_deinit(&out);
}

static void has(const char *text)
{
    ck_assert_msg(strstr(buf_text(&out), text) != NULL, "missing: %s", text);
}

static void has_not(const char *text)
{
    ck_assert_msg(strstr(buf_text(&out), text) == NULL, "should not be there: %s", text);
}

START_TEST(test_tap_has_a_point_for_each_scenario_and_check)
{
    load_runs();
    report_tap_print(&all, &out);
    has("TAP version 13\n1..3\n");
    has("# Subtest: Greylisting accepts the second attempt\n    1..7\n    ok 1 - ");
    has("    not ok 2 - ann@bigmail.test is delivered within 10m\n      ---\n");
    has("expected: \"delivered within 10m\"");
    has("\nnot ok 1 - Greylisting accepts the second attempt\n");
    has("\nnot ok 3 - Broken\n  ---\n  message: \"line 1: no\\nJSON\"");
    free_runs();
}
END_TEST

START_TEST(test_tap_lines_cannot_be_forged)
{
    load_runs();
    report_tap_print(&all, &out);
    has_not("\nok 99");
    free_runs();
}
END_TEST

START_TEST(test_json_counts_and_keeps_each_result)
{
    load_runs();
    report_json_print(&all, &out);
    cJSON *json = cJSON_ParseWithLength(out.data, out.len);
    ck_assert(cJSON_IsObject(json));
    const cJSON *summary = cJSON_GetObjectItem(json, "summary");
    ck_assert_int_eq(cJSON_GetObjectItem(summary, "scenarios")->valueint, 3);
    ck_assert_int_eq(cJSON_GetObjectItem(summary, "failed")->valueint, 2);
    ck_assert_int_eq(cJSON_GetObjectItem(summary, "not-run")->valueint, 1);
    ck_assert_int_eq(cJSON_GetObjectItem(summary, "warnings")->valueint, 1);
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "scenarios"), 0);
    ck_assert_ptr_nonnull(
        cJSON_GetObjectItem(cJSON_GetObjectItem(first, "results"), "expectations"));
    cJSON_Delete(json);
    free_runs();
}
END_TEST

START_TEST(test_github_annotations_stay_in_their_line)
{
    load_runs();
    report_github_print(&all, &out);
    has("::error file=scenarios/retry/greylisting.json,title=Greylisting accepts the second "
        "attempt::ann@bigmail.test is delivered within 10m: expected delivered within 10m, but: "
        "delivered after 12m 0s\n");
    has("::warning file=scenarios/retry/greylisting.json,");
    has("::error file=scenarios/broken%2C1.json,title=Broken::line 1: no%0AJSON\n");
    has_not("\n::error::owned");
    free_runs();
}
END_TEST

START_TEST(test_the_page_is_whole_and_calls_nobody)
{
    load_runs();
    report_html_print(&all, "tests/fixtures", &out);
    ck_assert(!buf_overflowed(&out));
    has("<title>0 of 3 scenarios passed, 2 failed, 1 could not be run");
    has("id=\"retry-greylisting/timeline\"");
    has("id=\"retry-greylisting/session-1\"");
    has("href=\"#retry-greylisting/session-3\"");
    has("href=\"runs/greylisting/events.jsonl\"");
    has("line 1: no\nJSON");
    has("</html>\n");
    has_not("http://");
    has_not("https://");
    has_not("<script>document");
    has_not("<img");
    free_runs();
}
END_TEST

START_TEST(test_nothing_run_is_nothing_passed)
{
    const struct report_suite none = {.runs = NULL, .run_count = 0};
    buf_init(&out, OUTPUT_MAX);
    report_html_print(&none, "", &out);
    has("<header class=\"top error\">");
    has("<h1>No scenario was run</h1>");
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(test_tap_has_a_point_for_each_scenario_and_check, test_tap_lines_cannot_be_forged,
          test_json_counts_and_keeps_each_result, test_github_annotations_stay_in_their_line,
          test_the_page_is_whole_and_calls_nobody, test_nothing_run_is_nothing_passed)
