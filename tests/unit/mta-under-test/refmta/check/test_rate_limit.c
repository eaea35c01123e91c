#include "mta-under-test/refmta/check/rate_limit.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static struct rate_limit limit;

static bool take(const char *key, int64_t now_us)
{
    return rate_limit_take(&limit, slice_of(key), 3, TIME_MINUTE, now_us);
}

START_TEST(so_many_at_once_and_then_at_the_rate)
{
    const int64_t now_us = TIME_DAY;
    rate_limit_init(&limit);
    for (size_t i = 0; i < 3; i++)
        ck_assert(take("a", now_us));
    ck_assert(!take("a", now_us));
    ck_assert(take("b", now_us));
    /* One more for each 20 s; what was refused does not count. */
    ck_assert(!take("a", now_us + 19 * TIME_SECOND));
    ck_assert(take("a", now_us + 20 * TIME_SECOND));
    ck_assert(!take("a", now_us + 20 * TIME_SECOND));
    /* After a quiet minute all is as new, and no more than that. */
    for (size_t i = 0; i < 3; i++)
        ck_assert(take("a", now_us + TIME_HOUR));
    ck_assert(!take("a", now_us + TIME_HOUR));
    rate_limit_deinit(&limit);
}
END_TEST

UNIT_MAIN(so_many_at_once_and_then_at_the_rate)
