#include "mta-under-test/refmta/config/rate.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

START_TEST(a_rate_is_a_count_and_a_span)
{
    struct rate rate;
    ck_assert_int_eq(rate_from_text(SLICE("100/1h30m"), 100, &rate), 0);
    ck_assert_uint_eq(rate.count, 100);
    ck_assert_int_eq(rate.span_us, 90 * TIME_MINUTE);
}
END_TEST

START_TEST(all_else_is_none)
{
    static const char *const WRONG[] = {"",      "100",    "/1h",           "0/1h",  "101/1h",
                                        "10/0",  "10/",    "-1/1h",         "10/1x", "1/1h/1h",
                                        "1 /1h", "1.5/1h", "99999999999/1h"};
    struct rate rate;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        ck_assert_msg(rate_from_text(slice_of(WRONG[i]), 100, &rate) == -1, "%s", WRONG[i]);
}
END_TEST

UNIT_MAIN(a_rate_is_a_count_and_a_span, all_else_is_none)
