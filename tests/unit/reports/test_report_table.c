#include "reports/report_table.h"

#include "tests/unit/unit.h"

enum { MANY = 1000 };

START_TEST(test_elements_are_found_as_they_were_added)
{
    struct report_table table = {0};
    ck_assert_uint_eq(report_table_first(&table, 7), 0);
    for (uint32_t i = 0; i < MANY; i++)
        report_table_add(&table, i % 10);
    size_t found = report_table_first(&table, 7);
    for (size_t i = 7; i < MANY; i += 10) {
        ck_assert_uint_eq(found, i + 1);
        found = report_table_next(&table, found);
    }
    ck_assert_uint_eq(found, 0);
    ck_assert_uint_eq(report_table_first(&table, 10), 0);
    report_table_deinit(&table);
    ck_assert_uint_eq(report_table_first(&table, 7), 0);
}
END_TEST

START_TEST(test_letters_count_without_case_and_texts_in_their_order)
{
    ck_assert_uint_eq(report_table_hash(0, "Bob@A.test"), report_table_hash(0, "bob@a.TEST"));
    ck_assert_uint_ne(report_table_hash(report_table_hash(0, "a"), "b"),
                      report_table_hash(report_table_hash(0, "b"), "a"));
}
END_TEST

UNIT_MAIN(test_elements_are_found_as_they_were_added,
          test_letters_count_without_case_and_texts_in_their_order)
