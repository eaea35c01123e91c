/* The folder of a case, the tally, and what failed last. */
#include "sim/run/run_folder.h"

#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/run/run_last.h"
#include "sim/run/run_print.h"
#include "tests/unit/unit.h"

static void put(const char *folder, const char *name, const char *text)
{
    struct err err = {0};
    char *path = run_folder_file(folder, name);
    ck_assert_int_eq(file_make_parents(path, &err), 0);
    ck_assert_msg(file_write(path, slice_of(text), &err) == 0, "%s", err.text);
    free(path);
}

static bool has(const char *folder, const char *name)
{
    char *path = run_folder_file(folder, name);
    bool there = file_exists(path);
    free(path);
    return there;
}

START_TEST(test_only_what_a_run_makes_is_removed)
{
    char folder[] = "/tmp/run-XXXXXX";
    struct err err = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    put(folder, "results.json", "{}");
    put(folder, "store/mx.a.test/1.eml", "x");
    put(folder, "precious.txt", "mine");
    ck_assert_int_eq(run_folder_prepare(folder, &err), 0);
    ck_assert(!has(folder, "results.json"));
    ck_assert(!has(folder, "store"));
    ck_assert(has(folder, "precious.txt"));
    unit_erase_folder(folder);
}
END_TEST

START_TEST(test_could_not_run_is_never_failed)
{
    struct run_tally tally = {0};
    run_tally_add(&tally, RUN_EXIT_PASSED, false);
    run_tally_add(&tally, RUN_EXIT_SKIPPED, false);
    ck_assert_int_eq(run_tally_exit(&tally), 0);
    run_tally_add(&tally, RUN_EXIT_FAILED, false);
    ck_assert_int_eq(run_tally_exit(&tally), 1);
    run_tally_add(&tally, RUN_EXIT_MACHINE, false);
    ck_assert_int_eq(run_tally_exit(&tally), 3);
    run_tally_add(&tally, RUN_EXIT_INTERNAL, false);
    ck_assert_int_eq(run_tally_exit(&tally), 4);
}
END_TEST

START_TEST(test_what_failed_last_is_found_by_its_results)
{
    char folder[] = "/tmp/run-XXXXXX";
    struct err err = {0};
    struct map failed = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    put(folder, "good/results.json", "{\"verdict\":\"passed\"}");
    put(folder, "bad/results.json", "{\"verdict\":\"failed\"}");
    put(folder, "broken/error.txt", "no world");
    ck_assert_int_eq(run_last_failed(folder, &failed, &err), 0);
    ck_assert_ptr_null(map_get_text(&failed, "good"));
    ck_assert_ptr_nonnull(map_get_text(&failed, "bad"));
    ck_assert_ptr_nonnull(map_get_text(&failed, "broken"));
    map_deinit(&failed, NULL);
    unit_erase_folder(folder);
    ck_assert_int_eq(run_last_failed("/nonexistent", &failed, &err), -1);
}
END_TEST

UNIT_MAIN(test_only_what_a_run_makes_is_removed, test_could_not_run_is_never_failed,
          test_what_failed_last_is_found_by_its_results)
