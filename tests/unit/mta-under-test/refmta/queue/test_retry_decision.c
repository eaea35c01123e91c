#include "mta-under-test/refmta/queue/retry_decision.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

START_TEST(the_schedule_decides_until_the_time_is_up)
{
    struct schedule schedule;
    struct err err;
    ck_assert_int_eq(schedule_from_text(SLICE("5m, 10m, then every 1h"), &schedule, &err), 0);
    static const struct {
        int64_t age_us;
        unsigned attempts;
        bool warned;
        enum retry_verdict verdict;
        int64_t wait_us;
        bool cut;
        bool warn;
    } CASES[] = {
        {0, 1, false, RETRY_WAIT, 5 * TIME_MINUTE, false, false},
        {5 * TIME_MINUTE, 2, false, RETRY_WAIT, 10 * TIME_MINUTE, false, false},
        {15 * TIME_MINUTE, 3, false, RETRY_WAIT, TIME_HOUR, false, false},
        {4 * TIME_HOUR, 7, false, RETRY_WAIT, TIME_HOUR, false, true},
        {5 * TIME_HOUR, 8, true, RETRY_WAIT, TIME_HOUR, false, false},
        {TIME_DAY - 10 * TIME_MINUTE, 27, true, RETRY_WAIT, 10 * TIME_MINUTE, true, false},
        {TIME_DAY, 28, true, RETRY_GIVE_UP, 0, false, false},
        {2 * TIME_DAY, 1, false, RETRY_GIVE_UP, 0, false, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct retry_facts facts = {
            .schedule = &schedule,
            .received_us = 1000,
            .now_us = 1000 + CASES[i].age_us,
            .give_up_us = TIME_DAY,
            .warn_after_us = 4 * TIME_HOUR,
            .attempts = CASES[i].attempts,
            .warned = CASES[i].warned,
        };
        struct retry_decision decision = retry_decide(&facts);
        ck_assert_msg(decision.verdict == CASES[i].verdict, "case %zu", i);
        ck_assert_int_eq(decision.wait_us, CASES[i].wait_us);
        ck_assert_int_eq(decision.cut, CASES[i].cut);
        ck_assert_int_eq(decision.warn_sender, CASES[i].warn);
        if (decision.verdict == RETRY_WAIT)
            ck_assert_int_eq(decision.due_us, facts.now_us + decision.wait_us);
        facts.warn_after_us = 0;
        ck_assert(!retry_decide(&facts).warn_sender);
    }
}
END_TEST

UNIT_MAIN(the_schedule_decides_until_the_time_is_up)
