#include "sim/world/watch.h"

#include <stdatomic.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum { SECOND = 1000000 };

START_TEST(test_a_world_that_goes_on_is_never_stuck)
{
    struct watch watch;
    struct clock_progress progress = {0};
    watch_init(&watch, 0);
    for (int64_t second = 0; second < 10000; second += 100) {
        atomic_store(&progress.jumps, (uint64_t)second);
        ck_assert(!watch_is_stuck(&watch, &progress, second * SECOND, second * SECOND));
    }
}
END_TEST

START_TEST(test_one_that_spins_is_stuck_after_two_minutes)
{
    struct watch watch;
    struct clock_progress progress = {0};
    watch_init(&watch, 0);
    ck_assert(!watch_is_stuck(&watch, &progress, 119 * (int64_t)SECOND, 119 * (int64_t)SECOND));
    ck_assert(watch_is_stuck(&watch, &progress, 120 * (int64_t)SECOND, 120 * (int64_t)SECOND));
}
END_TEST

/* However often it is looked at, and by whichever wait: the count is the watch's own. */
START_TEST(test_the_count_goes_on_from_look_to_look)
{
    enum { LOOK = SECOND / 20 };
    struct watch watch;
    struct clock_progress progress = {0};
    watch_init(&watch, 0);
    for (int64_t at_us = 0; at_us < WATCH_STUCK_US; at_us += LOOK)
        ck_assert(!watch_is_stuck(&watch, &progress, at_us, at_us));
    ck_assert(watch_is_stuck(&watch, &progress, WATCH_STUCK_US, WATCH_STUCK_US));
    atomic_store(&progress.virtual_us, 1);
    ck_assert(!watch_is_stuck(&watch, &progress, WATCH_STUCK_US, WATCH_STUCK_US));
}
END_TEST

START_TEST(test_one_that_is_kept_from_the_cpu_is_given_more_time)
{
    struct watch watch;
    struct clock_progress progress = {0};
    watch_init(&watch, 0);
    ck_assert(!watch_is_stuck(&watch, &progress, 899 * (int64_t)SECOND, 20 * (int64_t)SECOND));
    ck_assert(watch_is_stuck(&watch, &progress, 900 * (int64_t)SECOND, 20 * (int64_t)SECOND));
}
END_TEST

START_TEST(test_cpu_time_of_a_namespace_grows_with_use)
{
    int64_t before = watch_cpu_us(getpid());
    while (watch_cpu_us(getpid()) < before + SECOND / 20)
        for (volatile unsigned i = 0; i < 1000000; i++)
            ;
    ck_assert_int_gt(watch_cpu_us(getpid()), before);
}
END_TEST

START_TEST(test_a_task_is_named)
{
    struct buf text;
    buf_init(&text, 1000);
    watch_describe_task(getpid(), getpid(), &text);
    ck_assert_msg(strstr(buf_text(&text), "unit.sim.world") != NULL, "%s", buf_text(&text));
    buf_reset(&text);
    watch_describe_task(getpid(), 0, &text);
    ck_assert_str_eq(buf_text(&text), "a program (process 0 of the world)");
    buf_deinit(&text);
}
END_TEST

UNIT_MAIN(test_a_world_that_goes_on_is_never_stuck, test_one_that_spins_is_stuck_after_two_minutes,
          test_the_count_goes_on_from_look_to_look,
          test_one_that_is_kept_from_the_cpu_is_given_more_time,
          test_cpu_time_of_a_namespace_grows_with_use, test_a_task_is_named)
