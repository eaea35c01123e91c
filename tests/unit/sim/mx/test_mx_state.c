#include "sim/mx/mx_state.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

START_TEST(test_records_are_kept_by_slot_and_key)
{
    struct mx_state *state = mx_state_new(10);
    mx_state_make(state, 1, SLICE("a"), 5)->count = 7;
    mx_state_make(state, 2, SLICE("a"), 6)->count = 8;
    ck_assert_int_eq(mx_state_find(state, 1, SLICE("a"))->count, 7);
    ck_assert_int_eq(mx_state_make(state, 2, SLICE("a"), 9)->count, 8);
    ck_assert_int_eq(mx_state_find(state, 2, SLICE("a"))->first_us, 6);
    ck_assert_ptr_null(mx_state_find(state, 1, SLICE("b")));
    mx_state_free(&state);
    ck_assert_ptr_null(state);
}
END_TEST

START_TEST(test_the_oldest_gives_way)
{
    struct mx_state *state = mx_state_new(2);
    mx_state_make(state, 1, SLICE("a"), 0);
    mx_state_make(state, 1, SLICE("b"), 0);
    mx_state_make(state, 1, SLICE("c"), 0);
    ck_assert_ptr_null(mx_state_find(state, 1, SLICE("a")));
    ck_assert_ptr_nonnull(mx_state_find(state, 1, SLICE("b")));
    mx_state_free(&state);
}
END_TEST

START_TEST(test_window_slides)
{
    struct mx_state *state = mx_state_new(10);
    struct mx_record *record = mx_state_make(state, 1, SLICE("a"), 0);
    for (int i = 0; i < 10; i++)
        mx_tally_add(record, i * 6 * TIME_SECOND, TIME_MINUTE, 1);
    ck_assert_int_eq(mx_tally_sum(record, 59 * TIME_SECOND, TIME_MINUTE), 10);
    ck_assert_int_eq(mx_tally_sum(record, 60 * TIME_SECOND, TIME_MINUTE), 9);
    ck_assert_int_eq(mx_tally_sum(record, 66 * TIME_SECOND, TIME_MINUTE), 8);
    ck_assert_int_eq(mx_tally_wait_us(record, 66 * TIME_SECOND, TIME_MINUTE, 7), 6 * TIME_SECOND);
    ck_assert_int_eq(mx_tally_wait_us(record, 66 * TIME_SECOND, TIME_MINUTE, 8), 0);
    ck_assert_int_eq(mx_tally_sum(record, 10 * TIME_MINUTE, TIME_MINUTE), 0);
    mx_state_free(&state);
}
END_TEST

START_TEST(test_a_window_has_few_parts_however_much_comes)
{
    struct mx_state *state = mx_state_new(10);
    struct mx_record *record = mx_state_make(state, 1, SLICE("a"), 0);
    for (int i = 0; i < 100000; i++)
        mx_tally_add(record, i * TIME_MS, TIME_MINUTE, 1);
    ck_assert_uint_le(record->tally_count, 66);
    int64_t sum = mx_tally_sum(record, 100 * TIME_SECOND, TIME_MINUTE);
    ck_assert_int_ge(sum, 59000);
    ck_assert_int_le(sum, 61000);
    mx_state_free(&state);
}
END_TEST

UNIT_MAIN(test_records_are_kept_by_slot_and_key, test_the_oldest_gives_way, test_window_slides,
          test_a_window_has_few_parts_however_much_comes)
