#include "reports/svg_axis.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

START_TEST(test_a_short_run_is_drawn_evenly)
{
    struct svg_axis axis;
    svg_axis_init(&axis, 2 * TIME_MINUTE, 100, 900);
    ck_assert(!svg_axis_is_bent(&axis));
    ck_assert_double_eq_tol(svg_axis_x(&axis, 0), 100, 1e-9);
    ck_assert_double_eq_tol(svg_axis_x(&axis, TIME_MINUTE), 500, 1e-9);
    ck_assert_double_eq_tol(svg_axis_x(&axis, 2 * TIME_MINUTE), 900, 1e-9);
}
END_TEST

START_TEST(test_five_minutes_and_five_days_are_both_readable)
{
    struct svg_axis axis;
    svg_axis_init(&axis, 5 * TIME_DAY, 0, 800);
    ck_assert(svg_axis_is_bent(&axis));
    ck_assert_double_gt(svg_axis_x(&axis, 5 * TIME_MINUTE), 30);
    ck_assert_double_gt(
        svg_axis_x(&axis, 5 * TIME_DAY) - svg_axis_x(&axis, 4 * TIME_DAY + 20 * TIME_HOUR), 8);
}
END_TEST

START_TEST(test_times_outside_stay_on_the_chart)
{
    struct svg_axis axis;
    svg_axis_init(&axis, 0, 10, 20);
    ck_assert_double_eq_tol(svg_axis_x(&axis, -TIME_DAY), 10, 1e-9);
    ck_assert_double_eq_tol(svg_axis_x(&axis, TIME_DAY), 20, 1e-9);
}
END_TEST

START_TEST(test_ticks_have_their_times)
{
    struct svg_axis axis;
    struct buf out;
    buf_init(&out, 100000);
    svg_axis_init(&axis, 5 * TIME_DAY, 0, 800);
    svg_axis_draw(&axis, &out, 20, 100);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), ">start</text>"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), ">5d</text>"));
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(test_a_short_run_is_drawn_evenly, test_five_minutes_and_five_days_are_both_readable,
          test_times_outside_stay_on_the_chart, test_ticks_have_their_times)
