#include "mta-under-test/refmta/config/schedule.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

START_TEST(a_schedule_goes_on_with_its_last_wait)
{
    struct schedule schedule;
    struct err err;
    ck_assert_int_eq(schedule_from_text(SLICE("5m, 15m,30m, then every 1h"), &schedule, &err), 0);
    static const int64_t WAITS[] = {5, 15, 30, 60, 60, 60};
    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(schedule_wait_us(&schedule, i + 1), WAITS[i] * TIME_MINUTE);
    ck_assert_int_eq(schedule_wait_us(&schedule, 4000000000U), 60 * TIME_MINUTE);
    ck_assert_int_eq(schedule_wait_us(&schedule, 0), 5 * TIME_MINUTE);
    ck_assert_int_eq(schedule_from_text(SLICE("then every 1h30m"), &schedule, &err), 0);
    ck_assert_int_eq(schedule_wait_us(&schedule, 1), 90 * TIME_MINUTE);
}
END_TEST

START_TEST(bad_schedules_are_told)
{
    static const struct {
        const char *text;
        const char *says;
    } CASES[] = {{"", "found nothing"},         {"5", "found \"5\""},
                 {"5m,,6m", "found \"\""},      {"then every 1h, 5m", "nothing may follow"},
                 {"then every", "then every"},  {"100ms", "too short"},
                 {"5m; 6m", "found \"5m; 6m\""}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct schedule schedule;
        struct err err;
        ck_assert_msg(schedule_from_text(slice_of(CASES[i].text), &schedule, &err) == -1, "%s",
                      CASES[i].text);
        ck_assert_msg(strstr(err.text, CASES[i].says) != NULL, "%s: %s", CASES[i].text, err.text);
    }
}
END_TEST

UNIT_MAIN(a_schedule_goes_on_with_its_last_wait, bad_schedules_are_told)
