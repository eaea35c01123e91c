#include "sim/mx/mx_condition_kinds.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { MX_WEEK_DAYS = 7, MX_EPOCH_WEEKDAY = 3, MX_DATE_BYTES = 32 }; /* 1970 began on a Thursday */

MX_CONDITION_READER(mx_during_read)
{
    (void)reader;
    struct window *window = &condition->window;
    if (window_read(spec, window, err) != 0)
        return -1;
    if (window->by_day)
        return spec_error(spec, err,
                          "expected a window since the start of the run, as in "
                          "\"10m..2h\"; a time of day stands under \"clock\"");
    if (window->from_us >= window->to_us)
        return spec_error(spec, err, "a window that ends before it begins never holds");
    return 0;
}

MX_CONDITION_READER(mx_clock_read)
{
    (void)reader;
    struct window *window = &condition->window;
    if (window_read(spec, window, err) != 0)
        return -1;
    if (!window->by_day)
        return spec_error(spec, err,
                          "expected a time of day, as in \"18:00..20:00\"; a window "
                          "since the start of the run stands under \"during\"");
    if (window->from_us == window->to_us)
        return spec_error(spec, err, "a window that ends when it begins never holds");
    return 0;
}

MX_CONDITION_JUDGE(mx_window_holds)
{
    const struct mx_facts *facts = question->facts;
    return window_holds(&condition->window, facts->now_us, facts->now_us - facts->start_us);
}

static const char *const MX_WEEKDAY_WORDS[] = {"mon", "tue", "wed", "thu",
                                               "fri", "sat", "sun", NULL};

static int mx_weekday_of(struct slice text)
{
    for (int i = 0; i < MX_WEEK_DAYS; i++) {
        if (slice_is_nocase(text, MX_WEEKDAY_WORDS[i]))
            return i;
    }
    return -1;
}

/* "2026-03-07" as days since 1970; -1 if it is none. */
static int64_t mx_date_of(struct slice text)
{
    char stamp[MX_DATE_BYTES];
    int64_t at_us;
    if (text.len != strlen("2026-03-07"))
        return -1;
    snprintf(stamp, sizeof stamp, "%.*sT00:00:00Z", SLICE_ARG(text));
    return time_from_rfc3339(slice_of(stamp), &at_us) == 0 ? at_us / TIME_DAY : -1;
}

/* "sat", "sat..sun", "2026-12-24", "2026-12-24..2026-12-26". */
static int mx_calendar_read_one(struct spec spec, struct mx_calendar *calendar, struct err *err)
{
    const char *text;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    struct slice whole = slice_of(text);
    size_t dots = slice_find_slice(whole, SLICE(".."));
    struct slice first = slice_first(whole, dots);
    struct slice last = dots == SIZE_MAX ? first : slice_skip(whole, dots + 2);
    int from = mx_weekday_of(first);
    int to = mx_weekday_of(last);
    if (from >= 0 && to >= 0) {
        for (int day = from;; day = (day + 1) % MX_WEEK_DAYS) {
            calendar->weekdays |= 1u << day;
            if (day == to)
                return 0;
        }
    }
    struct mx_day_range range = {mx_date_of(first), mx_date_of(last)};
    if (range.from < 0 || range.to < range.from)
        return spec_error(spec, err,
                          "expected days, as in \"sat\", \"mon..fri\", \"2026-12-24\" or "
                          "\"2026-12-24..2026-12-26\" (UTC), found \"%s\"",
                          text);
    calendar->ranges[calendar->range_count++] = range;
    return 0;
}

MX_CONDITION_READER(mx_calendar_read)
{
    size_t count = spec_is_array(spec) ? spec_count(spec) : 1;
    struct mx_calendar *calendar = &condition->calendar;
    if (count == 0)
        return spec_error(spec, err, "an empty list of days never holds");
    calendar->ranges = arena_alloc_array(reader->arena, count, sizeof calendar->ranges[0]);
    for (size_t i = 0; i < count; i++) {
        struct spec one = spec_is_array(spec) ? spec_at(spec, i) : spec;
        if (mx_calendar_read_one(one, calendar, err) != 0)
            return -1;
    }
    return 0;
}

MX_CONDITION_JUDGE(mx_calendar_holds)
{
    const struct mx_calendar *calendar = &condition->calendar;
    int64_t day = question->facts->now_us / TIME_DAY;
    if ((calendar->weekdays & 1u << (unsigned)((day + MX_EPOCH_WEEKDAY) % MX_WEEK_DAYS)) != 0)
        return true;
    for (size_t i = 0; i < calendar->range_count; i++) {
        if (day >= calendar->ranges[i].from && day <= calendar->ranges[i].to)
            return true;
    }
    return false;
}

MX_CONDITION_READER(mx_probability_read)
{
    (void)reader;
    if (spec_read_share(spec, &condition->millionths, err) != 0)
        return -1;
    return condition->millionths == 0 ? spec_error(spec, err, "a probability of 0 never holds") : 0;
}

MX_CONDITION_JUDGE(mx_probability_holds)
{
    return rng_chance(question->rng, condition->millionths);
}
