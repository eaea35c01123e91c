/*
 * The frame of a unit test: write tests with Check's START_TEST/END_TEST and close the file with
 *
 *     UNIT_MAIN(test_one, test_two)
 *
 * Each test runs in a process of its own (Check forks), so a crash fails one test only.
 */
#pragma once

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static inline int unit_erase_one(const char *path, const struct stat *facts, int kind,
                                 struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

/* Removes a folder that a test made, with all that is in it. */
static inline void unit_erase_folder(const char *path)
{
    ck_assert_int_eq(nftw(path, unit_erase_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#define UNIT_MAIN(...)                                              \
    int main(void)                                                  \
    {                                                               \
        const TTest *const tests[] = {__VA_ARGS__};                 \
        Suite *suite = suite_create(__FILE__);                      \
        TCase *tcase = tcase_create("all");                         \
        tcase_set_timeout(tcase, 300);                              \
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) \
            tcase_add_test(tcase, tests[i]);                        \
        suite_add_tcase(suite, tcase);                              \
        SRunner *runner = srunner_create(suite);                    \
        srunner_run_all(runner, CK_NORMAL);                         \
        int failed = srunner_ntests_failed(runner);                 \
        srunner_free(runner);                                       \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;           \
    }
