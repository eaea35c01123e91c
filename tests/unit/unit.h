/*
 * The frame of a unit test: write tests with Check's START_TEST/END_TEST and close the file with
 *
 *     UNIT_MAIN(test_one, test_two)
 *
 * Each test runs in a process of its own (Check forks), so a crash fails one test only.
 */
#pragma once

#include <check.h>
#include <stdlib.h>

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
