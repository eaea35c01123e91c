/* A choice that leaves nothing to run must not look like a run that passed. */
#include "sim/run/run_plan.h"
#include "sim/run/run_report.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static struct {
    char folder[32];
    struct run_options options;
    struct run_plan plan;
    struct err err;
} fx;

static void put(const char *name, const char *text)
{
    char path[200];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/%s", fx.folder, name);
    ck_assert_msg(file_make_parents(path, &err) == 0, "%s", err.text);
    ck_assert_msg(file_write(path, slice_of(text), &err) == 0, "%s", err.text);
}

static void begin(void)
{
    snprintf(fx.folder, sizeof fx.folder, "/tmp/plan-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fx.folder));
    put("s/one.json", "{\"name\":\"One\",\"tags\":[\"greylisting\",\"retry\"]}");
    put("s/two.json", "{\"name\":\"Two\",\"tags\":[\"dane\"]}");
    put("empty/readme.txt", "no scenario");
    run_options_init(&fx.options);
    fx.options.root = fx.folder;
    fx.options.output = fx.folder;
}

static void end(void)
{
    unit_erase_folder(fx.folder);
    memset(&fx, 0, sizeof fx);
}

/* The plan of one path below the folder; how many cases, -1 with the error. */
static int plan(const char *name)
{
    char path[200];
    const char *paths[] = {path};
    snprintf(path, sizeof path, "%s/%s", fx.folder, name);
    int result = run_plan_make(&fx.options, paths, 1, &fx.plan, &fx.err);
    int count = (int)fx.plan.case_count;
    run_plan_deinit(&fx.plan);
    return result == 0 ? count : -1;
}

#define SAYS(words) ck_assert_msg(strstr(fx.err.text, (words)) != NULL, "%s", fx.err.text)

START_TEST(test_a_folder_without_scenarios_is_an_error)
{
    begin();
    ck_assert_int_eq(plan("s"), 2);
    ck_assert_int_eq(plan("empty"), -1);
    SAYS("/empty: no scenario is in this folder; looked for files *.json");
    end();
}
END_TEST

START_TEST(test_a_path_that_is_not_there_is_told_once_with_the_nearest)
{
    begin();
    ck_assert_int_eq(plan("s/onee.json"), -1);
    SAYS("/s/onee.json: no such file or folder; did you mean \"");
    SAYS("/s/one.json\"?");
    ck_assert_ptr_null(strstr(fx.err.text, "No such file"));
    ck_assert_int_eq(plan("nowhere/one.json"), -1);
    SAYS("not even the folder");
    end();
}
END_TEST

START_TEST(test_tags_that_leave_nothing_are_told_with_those_that_are_there)
{
    begin();
    fx.options.tags[0] = "greylistng";
    fx.options.tag_count = 1;
    ck_assert_int_eq(plan("s"), -1);
    SAYS("nothing is left of 2 scenarios by --tags greylistng; \"greylistng\": did you mean "
         "\"greylisting\"?; tags that are there: greylisting, retry, dane");
    fx.options.tags[0] = "Dane";
    ck_assert_int_eq(plan("s"), 1);
    fx.options.exclude_tags[0] = "dane";
    fx.options.exclude_tag_count = 1;
    ck_assert_int_eq(plan("s"), -1);
    SAYS("by --tags Dane --exclude-tags dane;");
    end();
}
END_TEST

START_TEST(test_words_that_no_name_has)
{
    begin();
    fx.options.grep = "three";
    ck_assert_int_eq(plan("s"), -1);
    SAYS("nothing is left of 2 scenarios by --grep \"three\"");
    end();
}
END_TEST

START_TEST(test_nothing_failed_last_is_good_but_none_of_those_chosen_is_not)
{
    begin();
    fx.options.last_failed = true;
    ck_assert_int_eq(plan("s"), 0);
    put("two/results.json", "{\"verdict\":\"failed\"}");
    ck_assert_int_eq(plan("s"), 1);
    ck_assert_int_eq(plan("s/one.json"), -1);
    SAYS("--last-failed: 1 failed in the last run");
    end();
}
END_TEST

START_TEST(test_an_empty_shard_is_no_error)
{
    begin();
    fx.options.shard = 3;
    fx.options.shard_count = 3;
    ck_assert_int_eq(plan("s"), 0);
    end();
}
END_TEST

START_TEST(test_an_unloaded_plan_still_names_its_cases)
{
    char path[200];
    const char *paths[] = {path};
    begin();
    put("m/many.json", "{\"name\":\"Many\",\"matrix\":{\"n\":[1,2]}}");
    snprintf(path, sizeof path, "%s/m", fx.folder);
    ck_assert_int_eq(run_plan_make(&fx.options, paths, 1, &fx.plan, &fx.err), 0);
    run_plan_unload(&fx.plan);
    ck_assert_uint_eq(fx.plan.scenario_count, 0);
    ck_assert_uint_eq(fx.plan.case_count, 2);
    const struct run_case *one = &fx.plan.cases[1];
    ck_assert_ptr_null(one->scenario);
    ck_assert_str_eq(one->name, "Many");
    ck_assert_str_eq(one->cell_name, "n=2");
    ck_assert_str_eq(one->folder, "many.n-2");
    ck_assert_str_eq(file_name(one->file), "many.json");
    run_plan_deinit(&fx.plan);
    end();
}
END_TEST

START_TEST(test_each_folder_that_is_merged_must_be_of_a_run)
{
    char shard[64];
    char empty[64];
    begin();
    put("shard/results.json", "{\"scenarios\":[]}");
    put("shard/one/error.txt", "no world");
    snprintf(shard, sizeof shard, "%s/shard", fx.folder);
    snprintf(empty, sizeof empty, "%s/empty", fx.folder);
    const char *folders[] = {shard, empty};
    ck_assert_int_eq(run_report_merge(&fx.options, folders, 2, &fx.err), -1);
    SAYS("/empty: no run is here; expected the output folder of");
    ck_assert_msg(run_report_merge(&fx.options, folders, 1, &fx.err) == 0, "%s", fx.err.text);
    put("empty/results.json", "{\"scenarios\":[]}"); /* an empty shard */
    ck_assert_msg(run_report_merge(&fx.options, folders, 2, &fx.err) == 0, "%s", fx.err.text);
    ck_assert_int_eq(run_report_merge(&fx.options, folders + 1, 1, &fx.err), -1);
    SAYS("there is nothing to report");
    end();
}
END_TEST

UNIT_MAIN(test_a_folder_without_scenarios_is_an_error,
          test_a_path_that_is_not_there_is_told_once_with_the_nearest,
          test_tags_that_leave_nothing_are_told_with_those_that_are_there,
          test_words_that_no_name_has,
          test_nothing_failed_last_is_good_but_none_of_those_chosen_is_not,
          test_an_empty_shard_is_no_error, test_an_unloaded_plan_still_names_its_cases,
          test_each_folder_that_is_merged_must_be_of_a_run)
