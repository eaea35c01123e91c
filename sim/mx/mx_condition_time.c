#include "sim/mx/mx_condition_kinds.h"

#include "mta-under-test/base/poison.h"

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
