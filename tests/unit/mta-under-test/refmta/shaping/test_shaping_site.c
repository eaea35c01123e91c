#include "mta-under-test/refmta/shaping/shaping_site.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

enum { MOST = 20 };

static struct shaping_receiver receiver = {.name = "r"};
static struct shaping_site site;

static struct shaping_now at(int64_t us)
{
    return (struct shaping_now){us, us};
}

static void start(void)
{
    receiver = (struct shaping_receiver){.name = "r"};
    shaping_site_init(&site, &receiver, NULL);
}

START_TEST(connections_have_a_limit)
{
    start();
    receiver.connections = 2;
    ck_assert_int_eq(shaping_site_connect_at(&site, at(1), MOST), 1);
    site.connections = 2;
    ck_assert_int_eq(shaping_site_connect_at(&site, at(1), MOST), INT64_MAX);
    receiver.connections = 0;
    ck_assert_int_eq(shaping_site_connect_at(&site, at(1), MOST), 1);
    ck_assert_int_eq(shaping_site_connect_at(&site, at(1), 2), INT64_MAX);
}
END_TEST

START_TEST(a_rate_spreads_messages_evenly)
{
    start();
    receiver.rate = (struct rate){60, TIME_MINUTE};
    for (int64_t i = 0; i < 5; i++) {
        ck_assert_int_eq(shaping_site_send_at(&site, at(i * TIME_SECOND)), i * TIME_SECOND);
        shaping_site_sent(&site, at(i * TIME_SECOND));
        ck_assert_int_eq(shaping_site_send_at(&site, at(i * TIME_SECOND)), (i + 1) * TIME_SECOND);
    }
    /* What was not used is not saved up. */
    shaping_site_sent(&site, at(TIME_HOUR));
    ck_assert_int_eq(shaping_site_send_at(&site, at(TIME_HOUR)), TIME_HOUR + TIME_SECOND);
}
END_TEST

START_TEST(after_a_suspension_one_connection_probes)
{
    struct reply_rule rule = {.name = "s", .action = REPLY_SUSPEND, .for_us = 10 * TIME_MINUTE};
    start();
    receiver.connections = 3;
    shaping_site_apply(&site, &rule, at(0));
    ck_assert_ptr_eq(shaping_site_reason(&site, at(1)), &rule);
    ck_assert_int_eq(shaping_site_connect_at(&site, at(1), MOST), 10 * TIME_MINUTE);
    int64_t later = 10 * TIME_MINUTE;
    ck_assert_ptr_null(shaping_site_reason(&site, at(later)));
    ck_assert_int_eq(shaping_site_connect_at(&site, at(later), MOST), later);
    site.connections = 1;
    ck_assert_int_eq(shaping_site_connect_at(&site, at(later), MOST), INT64_MAX);
    for (unsigned i = 0; i < SHAPING_PROBE_SUCCESSES; i++)
        shaping_site_succeeded(&site);
    ck_assert_int_eq(shaping_site_connect_at(&site, at(later), MOST), later);
    site.connections = 2;
    ck_assert_int_eq(shaping_site_connect_at(&site, at(later), MOST), INT64_MAX);
    /* The next refusal: all over again. */
    shaping_site_apply(&site, &rule, at(later));
    ck_assert_int_eq(shaping_site_send_at(&site, at(later)), later + 10 * TIME_MINUTE);
    ck_assert(shaping_site_is_over(&site, at(later), MOST));
}
END_TEST

START_TEST(slowing_down_ends_by_time_or_by_successes)
{
    struct reply_rule by_time = {
        .name = "t", .action = REPLY_SLOW, .for_us = TIME_HOUR, .rate = {1, TIME_MINUTE}};
    struct reply_rule by_count = {
        .name = "c", .action = REPLY_SLOW, .successes = 2, .rate = {1, TIME_MINUTE}};
    start();
    shaping_site_apply(&site, &by_time, at(0));
    ck_assert_int_eq(shaping_site_send_at(&site, at(0)), TIME_MINUTE);
    shaping_site_sent(&site, at(TIME_MINUTE));
    ck_assert_int_eq(shaping_site_send_at(&site, at(TIME_MINUTE)), 2 * TIME_MINUTE);
    shaping_site_sent(&site, at(2 * TIME_HOUR));
    ck_assert_int_eq(shaping_site_send_at(&site, at(2 * TIME_HOUR)), 2 * TIME_HOUR);

    shaping_site_init(&site, &receiver, NULL);
    shaping_site_apply(&site, &by_count, at(0));
    shaping_site_sent(&site, at(TIME_MINUTE));
    shaping_site_succeeded(&site);
    ck_assert_ptr_nonnull(shaping_site_reason(&site, at(TIME_MINUTE)));
    shaping_site_succeeded(&site);
    ck_assert_ptr_null(shaping_site_reason(&site, at(TIME_MINUTE)));
}
END_TEST

START_TEST(shrinking_leaves_fewer_connections)
{
    struct reply_rule rule = {
        .name = "s", .action = REPLY_SHRINK, .for_us = TIME_HOUR, .connections = 1};
    start();
    site.connections = 2;
    ck_assert(!shaping_site_is_over(&site, at(0), MOST));
    shaping_site_apply(&site, &rule, at(0));
    ck_assert(shaping_site_is_over(&site, at(0), MOST));
    ck_assert(!shaping_site_is_over(&site, at(TIME_HOUR), MOST));
}
END_TEST

START_TEST(a_mild_rule_does_not_end_a_strict_one)
{
    struct reply_rule strict = {.name = "s", .action = REPLY_SUSPEND, .for_us = TIME_DAY};
    struct reply_rule mild = {.name = "m", .action = REPLY_SUSPEND, .for_us = TIME_MINUTE};
    start();
    shaping_site_apply(&site, &strict, at(0));
    shaping_site_apply(&site, &mild, at(0));
    ck_assert_int_eq(shaping_site_send_at(&site, at(0)), TIME_DAY);
}
END_TEST

START_TEST(a_new_address_warms_up_day_by_day)
{
    unsigned days[] = {2, 3};
    struct shaping_warm_up plan = {.start_us = 10 * TIME_DAY, .per_day = days, .day_count = 2};
    start();
    shaping_site_init(&site, &receiver, &plan);
    int64_t day = 10 * TIME_DAY;
    ck_assert_int_eq(shaping_site_send_at(&site, at(9 * TIME_DAY)), day);
    shaping_site_sent(&site, at(day));
    shaping_site_sent(&site, at(day));
    ck_assert_int_eq(shaping_site_send_at(&site, at(day + 5)), day + TIME_DAY);
    day += TIME_DAY;
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(shaping_site_send_at(&site, at(day)), day);
        shaping_site_sent(&site, at(day));
    }
    ck_assert_int_eq(shaping_site_send_at(&site, at(day)), day + TIME_DAY);
    /* Behind the plan there is no limit. */
    day += TIME_DAY;
    for (unsigned i = 0; i < 9; i++)
        shaping_site_sent(&site, at(day));
    ck_assert_int_eq(shaping_site_send_at(&site, at(day)), day);
}
END_TEST

UNIT_MAIN(connections_have_a_limit, a_rate_spreads_messages_evenly,
          after_a_suspension_one_connection_probes, slowing_down_ends_by_time_or_by_successes,
          shrinking_leaves_fewer_connections, a_mild_rule_does_not_end_a_strict_one,
          a_new_address_warms_up_day_by_day)
