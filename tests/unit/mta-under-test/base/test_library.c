/* Libraries that are loaded at their first use. */
#include "mta-under-test/base/library.h"
#include "tests/unit/unit.h"

START_TEST(test_the_pointers_lead_into_the_library)
{
    static double (*root)(double);
    static const struct library_symbol SYMBOLS[] = {{"cbrt", &root}};
    struct library library = {.file = "libm.so.6", .symbols = SYMBOLS, .count = 1};
    struct err err = {.text = ""};
    ck_assert_int_eq(library_load(&library, &err), 0);
    ck_assert(library.is_loaded);
    ck_assert_double_eq_tol(root(27), 3, 1e-9);
    /* What is loaded stays as it is. */
    void *before = NULL;
    memcpy(&before, &root, sizeof before);
    ck_assert_int_eq(library_load(&library, &err), 0);
    ck_assert_mem_eq(&before, &root, sizeof before);
}
END_TEST

START_TEST(test_a_library_that_is_not_there_is_told_by_its_name)
{
    struct library library = {.file = "libnowhere.so.7"};
    struct err err = {.text = ""};
    ck_assert_int_eq(library_load(&library, &err), -1);
    ck_assert(!library.is_loaded);
    ck_assert_ptr_nonnull(strstr(err.text, "libnowhere.so.7 cannot be used: "));
}
END_TEST

START_TEST(test_a_missing_symbol_leaves_all_pointers_alone)
{
    static double (*found)(double);
    static double (*missing)(double);
    static const struct library_symbol SYMBOLS[] = {{"cbrt", &found}, {"no_such_root", &missing}};
    struct library library = {.file = "libm.so.6", .symbols = SYMBOLS, .count = 2};
    struct err err = {.text = ""};
    ck_assert_int_eq(library_load(&library, &err), -1);
    ck_assert(!library.is_loaded);
    ck_assert_ptr_nonnull(strstr(err.text, "no_such_root"));
    ck_assert(found == NULL && missing == NULL);
}
END_TEST

UNIT_MAIN(test_the_pointers_lead_into_the_library,
          test_a_library_that_is_not_there_is_told_by_its_name,
          test_a_missing_symbol_leaves_all_pointers_alone)
