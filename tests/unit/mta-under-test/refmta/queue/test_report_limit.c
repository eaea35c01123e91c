#include "mta-under-test/refmta/queue/report_limit.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

START_TEST(each_address_has_its_own_hour)
{
    struct report_limit limit = {.since_us = 0};
    int64_t now_us = 1000 * TIME_DAY;
    ck_assert(report_limit_take(&limit, "ann@a.test", 2, now_us));
    ck_assert(report_limit_take(&limit, "ANN@a.test", 2, now_us + 1));
    ck_assert(!report_limit_take(&limit, "ann@a.test", 2, now_us + TIME_HOUR - 1));
    ck_assert(report_limit_take(&limit, "bob@a.test", 2, now_us + 2));
    ck_assert(report_limit_take(&limit, "ann@a.test", 2, now_us + TIME_HOUR));
    report_limit_deinit(&limit);
}
END_TEST

START_TEST(none_is_no_limit)
{
    struct report_limit limit = {.since_us = 0};
    for (unsigned i = 0; i < 1000; i++)
        ck_assert(report_limit_take(&limit, "ann@a.test", 0, 1));
    report_limit_deinit(&limit);
}
END_TEST

UNIT_MAIN(each_address_has_its_own_hour, none_is_no_limit)
