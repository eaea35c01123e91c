#include "mta-under-test/refmta/shaping/shaping_memory.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static struct reply_rule own_rules[] = {
    {.name = "too fast", .action = REPLY_SUSPEND, .for_us = TIME_HOUR},
    {.name = "slowly", .action = REPLY_SLOW, .successes = 5, .rate = {1, TIME_MINUTE}}};
static const struct shaping_receiver RECEIVER = {
    .name = "r", .rules = own_rules, .rule_count = 2, .connections = 10};
static const struct shaping_rules RULES = {.others = {.name = "others"}};
static unsigned per_day[] = {3, 5};
static const struct shaping_warm_up WARM_UP = {.per_day = per_day, .day_count = 2};

/* A restart: the monotonic clock begins anew, the wall clock goes on. */
static const struct shaping_now BEFORE = {50 * TIME_DAY, 10 * TIME_HOUR};
static const struct shaping_now AFTER = {TIME_SECOND, 10 * TIME_HOUR + 10 * TIME_MINUTE};

static struct shaping_site site;
static struct buf line;

static void restart(struct shaping_now before, struct shaping_now after)
{
    buf_deinit(&line);
    buf_init(&line, 4096);
    ck_assert(shaping_memory_write(&site, before, &line));
    shaping_site_init(&site, &RECEIVER, site.warm_up);
    shaping_memory_read(&site, &RULES, buf_slice(&line), after);
}

START_TEST(a_suspension_goes_on_and_ends_in_a_probe)
{
    shaping_site_init(&site, &RECEIVER, NULL);
    shaping_site_apply(&site, &own_rules[0], BEFORE);
    restart(BEFORE, AFTER);
    ck_assert_int_eq(shaping_site_send_at(&site, AFTER), AFTER.monotonic_us + 50 * TIME_MINUTE);
    ck_assert_ptr_eq(shaping_site_reason(&site, AFTER), &own_rules[0]);
    ck_assert_uint_eq(site.probe_connections, 1);
    ck_assert(shaping_memory_holds(buf_slice(&line), AFTER.wall_us));
    ck_assert(!shaping_memory_holds(buf_slice(&line), AFTER.wall_us + TIME_DAY));
}
END_TEST

START_TEST(successes_that_are_wanted_stay_wanted)
{
    shaping_site_init(&site, &RECEIVER, NULL);
    shaping_site_apply(&site, &own_rules[1], BEFORE);
    shaping_site_succeeded(&site);
    restart(BEFORE, AFTER);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_ptr_eq(shaping_site_reason(&site, AFTER), &own_rules[1]);
        shaping_site_succeeded(&site);
    }
    ck_assert_ptr_null(shaping_site_reason(&site, AFTER));
}
END_TEST

START_TEST(a_day_of_warm_up_is_counted_once)
{
    shaping_site_init(&site, &RECEIVER, &WARM_UP);
    for (unsigned i = 0; i < 3; i++)
        shaping_site_sent(&site, BEFORE);
    restart(BEFORE, AFTER);
    /* The next day begins 24 h after the start, which is at 0. */
    ck_assert_int_eq(shaping_site_send_at(&site, AFTER),
                     AFTER.monotonic_us + TIME_DAY - AFTER.wall_us);
}
END_TEST

START_TEST(what_no_rule_knows_and_what_is_broken_is_left_out)
{
    static const char *const LINES[] = {
        "",
        "x",
        "99999999999999",
        "99999999999999\t0\t0\t0",
        "99999999999999\t0\t0\t0\t0\tsuspended",
        "99999999999999\t0\t0\t0\t0\tsuspended\tgone\t99999999999999\t0",
        "99999999999999\t0\t0\t0\t0\tslow\ttoo fast\t99999999999999\t0",
        "99999999999999\t0\t0\t0\t0\tsuspended\ttoo fast\t5\t0"};
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        shaping_site_init(&site, &RECEIVER, NULL);
        shaping_memory_read(&site, &RULES, slice_of(LINES[i]), AFTER);
        ck_assert_msg(shaping_site_reason(&site, AFTER) == NULL, "%s", LINES[i]);
    }
    shaping_site_init(&site, &RECEIVER, NULL);
    buf_init(&line, 100);
    ck_assert(!shaping_memory_write(&site, BEFORE, &line));
}
END_TEST

UNIT_MAIN(a_suspension_goes_on_and_ends_in_a_probe, successes_that_are_wanted_stay_wanted,
          a_day_of_warm_up_is_counted_once, what_no_rule_knows_and_what_is_broken_is_left_out)
