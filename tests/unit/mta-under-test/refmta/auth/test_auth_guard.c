#include "mta-under-test/refmta/auth/auth_guard.h"

#include "tests/unit/unit.h"

static const struct auth_guard_limits LIMITS = {
    .failures_max = 5, .delay_us = 1, .delay_max_us = 6, .forget_us = 100, .clients_max = 2};

START_TEST(delays_grow_and_end_in_a_refusal)
{
    static const int64_t DELAYS[] = {1, 2, 4, 6, 6};
    struct auth_guard guard;
    auth_guard_init(&guard, &LIMITS);
    for (size_t i = 0; i < 5; i++) {
        ck_assert(!auth_guard_is_blocked(&guard, SLICE("a"), 10));
        ck_assert_int_eq(auth_guard_failed(&guard, SLICE("a"), 10), DELAYS[i]);
    }
    ck_assert(auth_guard_is_blocked(&guard, SLICE("a"), 109));
    ck_assert(!auth_guard_is_blocked(&guard, SLICE("b"), 109));
    ck_assert(!auth_guard_is_blocked(&guard, SLICE("a"), 110));
    ck_assert_int_eq(auth_guard_failed(&guard, SLICE("a"), 110), 1);
    auth_guard_deinit(&guard);
}
END_TEST

START_TEST(a_success_takes_back_a_half)
{
    struct auth_guard guard;
    auth_guard_init(&guard, &LIMITS);
    for (size_t i = 0; i < 4; i++)
        auth_guard_failed(&guard, SLICE("a"), 0);
    auth_guard_succeeded(&guard, SLICE("a"), 0);
    ck_assert_int_eq(auth_guard_failed(&guard, SLICE("a"), 0), 4);
    auth_guard_deinit(&guard);
}
END_TEST

START_TEST(the_quietest_is_forgotten_first)
{
    struct auth_guard guard;
    auth_guard_init(&guard, &LIMITS);
    auth_guard_failed(&guard, SLICE("a"), 1);
    auth_guard_failed(&guard, SLICE("b"), 2);
    auth_guard_failed(&guard, SLICE("a"), 3);
    auth_guard_failed(&guard, SLICE("c"), 4);
    ck_assert_uint_eq(guard.failures.entries.count, 2);
    ck_assert_int_eq(auth_guard_failed(&guard, SLICE("a"), 5), 4);
    ck_assert_int_eq(auth_guard_failed(&guard, SLICE("b"), 5), 1);
    auth_guard_deinit(&guard);
}
END_TEST

UNIT_MAIN(delays_grow_and_end_in_a_refusal, a_success_takes_back_a_half,
          the_quietest_is_forgotten_first)
