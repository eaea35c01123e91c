#include "mta-under-test/refmta/watch/sender_watch.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static char path[] = "/tmp/refmta-watch-XXXXXX";
static struct sender_watch *watch;
static struct sender_alarm alarm_raised;
static int64_t hour_us;

static void open_watch(void)
{
    struct err err = {.text = ""};
    const struct sender_watch_options options = {
        .path = path, .floors = {20, 10, 5, 3}, .hold_us = 2 * TIME_HOUR};
    watch = sender_watch_open(&options, hour_us, &err);
    ck_assert_msg(watch != NULL, "%s", err.text);
}

static void start(void)
{
    memcpy(path, "/tmp/refmta-watch-XXXXXX", sizeof path);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    hour_us = 1000 * TIME_DAY;
    open_watch();
}

static void stop(void)
{
    sender_watch_close(&watch);
    ck_assert_int_eq(unlink(path), 0);
}

/* So many in this hour, to `people` by turns, from `first` on; the number at which the alarm came,
 * or 0. */
static unsigned send(const char *sender, unsigned first, unsigned people, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char recipient[32];
        snprintf(recipient, sizeof recipient, "r%u@x.test", first + i % people);
        if (sender_watch_note(watch, SENDER_RECIPIENTS, sender, recipient, hour_us, &alarm_raised))
            return i + 1;
    }
    return 0;
}

/* A day of ten recipients an hour, always the same. */
static void send_usual(const char *sender)
{
    for (unsigned i = 0; i < 24; i++) {
        ck_assert_uint_eq(send(sender, 0, 10, 10), 0);
        hour_us += TIME_HOUR;
    }
}

START_TEST(what_is_usual_is_no_alarm_and_what_is_not_is_one)
{
    start();
    send_usual("ann");
    /* 10 + 6 * sqrt(10) */
    ck_assert_uint_eq(send("ann", 0, 10, 100), 29);
    ck_assert_int_eq(alarm_raised.count, SENDER_RECIPIENTS);
    ck_assert(alarm_raised.mean > 9.9 && alarm_raised.mean < 10.1);
    ck_assert(sender_watch_holds(watch, "ann", hour_us));
    ck_assert(!sender_watch_holds(watch, "bob", hour_us));
    ck_assert_uint_eq(send("ann", 0, 10, 100), 0); /* one an hour */
    ck_assert(!sender_watch_holds(watch, "ann", hour_us + 2 * TIME_HOUR));
    stop();
}
END_TEST

START_TEST(new_recipients_tell_before_the_number_does)
{
    start();
    send_usual("ann");
    ck_assert_uint_eq(send("ann", 1000, 100, 100), 11);
    ck_assert_int_eq(alarm_raised.count, SENDER_NEW_RECIPIENTS);
    ck_assert_str_eq(sender_count_name(alarm_raised.count), "new-recipients");
    stop();
}
END_TEST

START_TEST(without_history_the_limit_is_wide)
{
    start();
    ck_assert_uint_eq(send("new", 0, 10, 1000), 201);
    stop();
}
END_TEST

START_TEST(history_and_hold_outlive_a_restart)
{
    start();
    send_usual("ann");
    ck_assert_uint_gt(send("ann", 0, 10, 100), 0);
    sender_watch_close(&watch);
    open_watch();
    ck_assert(sender_watch_holds(watch, "ann", hour_us));
    hour_us += TIME_HOUR;
    ck_assert_uint_eq(send("ann", 0, 10, 100), 29);
    stop();
}
END_TEST

START_TEST(bounces_count_when_they_are_many_of_what_was_sent)
{
    start();
    send_usual("ann");
    ck_assert_uint_eq(send("ann", 0, 10, 20), 0);
    unsigned count = 0;
    while (!sender_watch_note(watch, SENDER_BOUNCES, "ann", "x@y.test", hour_us, &alarm_raised))
        count++;
    ck_assert_uint_eq(count, 5);
    ck_assert_int_eq(alarm_raised.count, SENDER_BOUNCES);
    stop();
}
END_TEST

UNIT_MAIN(what_is_usual_is_no_alarm_and_what_is_not_is_one,
          new_recipients_tell_before_the_number_does, without_history_the_limit_is_wide,
          history_and_hold_outlive_a_restart, bounces_count_when_they_are_many_of_what_was_sent)
