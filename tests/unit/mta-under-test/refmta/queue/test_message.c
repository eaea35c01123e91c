#include "mta-under-test/refmta/queue/message.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

#define RECEIVED_US TIME_DAY

/* When a message with these times is given up, after its receipt. */
static int64_t given_up_after(int64_t hold_us, int64_t by_us, bool returns)
{
    struct message message = {
        .received_us = RECEIVED_US,
        .hold_until_us = hold_us != 0 ? RECEIVED_US + hold_us : 0,
        .deliver_by_us = by_us != 0 ? RECEIVED_US + by_us : 0,
        .deliver_by_return = returns,
    };
    return message_give_up_at(&message, 5 * TIME_DAY) - RECEIVED_US;
}

START_TEST(it_is_given_up_some_time_after_receipt_or_release)
{
    ck_assert_int_eq(given_up_after(0, 0, false), 5 * TIME_DAY);
    ck_assert_int_eq(given_up_after(2 * TIME_DAY, 0, false), 7 * TIME_DAY);
}
END_TEST

START_TEST(deliver_by_makes_it_earlier_where_it_wants_it_back)
{
    ck_assert_int_eq(given_up_after(0, TIME_HOUR, true), TIME_HOUR);
    ck_assert_int_eq(given_up_after(0, TIME_HOUR, false), 5 * TIME_DAY);
    ck_assert_int_eq(given_up_after(0, 9 * TIME_DAY, true), 5 * TIME_DAY);
    /* The time is over when the hold ends: at once, by one attempt. */
    ck_assert_int_eq(given_up_after(TIME_DAY, TIME_HOUR, true), TIME_DAY + 1);
}
END_TEST

UNIT_MAIN(it_is_given_up_some_time_after_receipt_or_release,
          deliver_by_makes_it_earlier_where_it_wants_it_back)
