/* Reading /proc. */
#include "sim/clock/clock_proc.h"

#include "tests/unit/unit.h"

START_TEST(numbers)
{
    ck_assert_int_eq(clock_proc_number("1"), 1);
    ck_assert_int_eq(clock_proc_number("4194304"), 4194304);
    ck_assert_int_eq(clock_proc_number(""), -1);
    ck_assert_int_eq(clock_proc_number("12a"), -1);
    ck_assert_int_eq(clock_proc_number("self"), -1);
    ck_assert_int_eq(clock_proc_number("99999999999"), -1);
}
END_TEST

START_TEST(states)
{
    static const char odd[] = "12 (a) S (b)) R 1 2 3";
    ck_assert_int_eq(clock_proc_state("7 (sh) S 1 7", 12), 'S');
    ck_assert_int_eq(clock_proc_state(odd, sizeof odd - 1), 'R');
    ck_assert_int_eq(clock_proc_state("7 (sh)", 6), 'R'); /* cut off: not at rest */
    ck_assert_int_eq(clock_proc_state("", 0), 'R');
}
END_TEST

START_TEST(backlog)
{
    static const char text[] =
        "0023b2d3 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
        "00000000 00000000 00000000 00000000 00000000 00000000\n"
        "00076df5 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
        "00000000 00000000 0000001a 00000003 00000000 00000000\n";
    size_t len = sizeof text - 1;
    ck_assert_int_eq(clock_proc_backlog(text, len, 0), 0);
    ck_assert_int_eq(clock_proc_backlog(text, len, 3), 26);
    ck_assert_int_eq(clock_proc_backlog(text, len, 1), -1);
    ck_assert_int_eq(clock_proc_backlog(text, 100, 0), -1); /* cut off */
    ck_assert_int_eq(clock_proc_backlog("0 1\n", 4, 0), -1);
    ck_assert_int_eq(clock_proc_backlog("", 0, 0), -1);
}
END_TEST

START_TEST(names_of_calls)
{
    ck_assert_str_eq(clock_proc_call_name(0), "read");
    ck_assert_str_eq(clock_proc_call_name(9999), "another");
}
END_TEST

UNIT_MAIN(numbers, states, backlog, names_of_calls)
