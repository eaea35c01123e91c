#include "mta-under-test/base/text.h"
#include "sim/value/range.h"

#include "mta-under-test/base/poison.h"

enum { RATE_COUNT_MAX = 1000000000 };

/* What is wrong with it, naming the number; NULL if it is right. */
static const char *rate_parse(struct slice text, struct rate *rate, struct arena *arena)
{
    size_t slash = slice_find(text, '/');
    if (slash == SIZE_MAX)
        return "no \"/\" stands between how many and in which time";
    struct slice number = slice_trim(slice_first(text, slash));
    struct slice window = slice_trim(slice_skip(text, slash + 1));
    uint64_t count = 0;
    bool digits = number.len > 0;
    for (size_t i = 0; i < number.len; i++)
        digits = digits && text_is_digit(number.data[i]);
    if (!digits)
        return arena_format(arena, "\"%.*s\" before the \"/\" is no whole number",
                            SLICE_ARG(number));
    if (text_to_u64(number, &count) != 0 || count > RATE_COUNT_MAX)
        return arena_format(arena, "%.*s is more than %d, the most that is counted",
                            SLICE_ARG(number), RATE_COUNT_MAX);
    if (time_span_from_text(window, &rate->window_us) != 0)
        return arena_format(arena, "\"%.*s\" behind the \"/\" is no duration like \"1m\"",
                            SLICE_ARG(window));
    if (rate->window_us <= 0)
        return arena_format(arena, "the time behind the \"/\", %.*s, must be longer than nothing",
                            SLICE_ARG(window));
    rate->count = (int64_t)count;
    return NULL;
}

int rate_read_text(struct spec spec, struct slice text, struct rate *rate, struct err *err)
{
    struct arena arena = {0};
    const char *wrong = rate_parse(text, rate, &arena);
    if (wrong != NULL)
        spec_error(spec, err, "expected a rate like \"100/1m\", found \"%.*s\": %s",
                   SLICE_ARG(slice_first(text, text.len < 100 ? text.len : 100)), wrong);
    arena_deinit(&arena);
    return wrong == NULL ? 0 : -1;
}

int rate_read(struct spec spec, struct rate *rate, struct err *err)
{
    if (!spec_is_text(spec))
        return spec_expected(spec, err, "a rate like \"100/1m\"");
    return rate_read_text(spec, slice_of(spec.json->valuestring), rate, err);
}

/* "18:00", in microseconds since midnight; "24:00" is the end of the day. */
static int window_parse_day(struct slice text, int64_t *us)
{
    uint64_t hours = 0;
    uint64_t minutes = 0;
    size_t colon = slice_find(text, ':');
    if (colon == SIZE_MAX || colon == 0 || colon > 2 || text.len - colon != 3 ||
        text_to_u64(slice_first(text, colon), &hours) != 0 ||
        text_to_u64(slice_skip(text, colon + 1), &minutes) != 0 || hours > 24 || minutes > 59 ||
        (hours == 24 && minutes > 0))
        return -1;
    *us = (int64_t)(hours * 60 + minutes) * TIME_MINUTE;
    return 0;
}

static int window_parse(struct slice text, struct window *window)
{
    size_t dots = slice_find_slice(text, SLICE(".."));
    if (dots == SIZE_MAX)
        return -1;
    struct slice from = slice_first(text, dots);
    struct slice to = slice_skip(text, dots + 2);
    *window = (struct window){slice_find(text, ':') != SIZE_MAX, 0, INT64_MAX};
    if (window->by_day) {
        return window_parse_day(from, &window->from_us) == 0 &&
                       window_parse_day(to, &window->to_us) == 0
                   ? 0
                   : -1;
    }
    if ((from.len == 0 && to.len == 0) ||
        (from.len > 0 && time_span_from_text(from, &window->from_us) != 0) ||
        (to.len > 0 && time_span_from_text(to, &window->to_us) != 0))
        return -1;
    return 0;
}

int window_read(struct spec spec, struct window *window, struct err *err)
{
    if (!spec_is_text(spec) ||
        window_parse(slice_trim(slice_of(spec.json->valuestring)), window) != 0)
        return spec_expected(spec, err,
                             "a window like \"10m..2h\" (since the start) or \"18:00..20:00\" "
                             "(time of day, UTC)");
    bool empty =
        window->by_day ? window->from_us == window->to_us : window->from_us >= window->to_us;
    if (empty)
        return spec_error(spec, err, "the window \"%s\" is empty", spec.json->valuestring);
    return 0;
}

bool window_holds(const struct window *window, int64_t now_us, int64_t since_start_us)
{
    if (!window->by_day)
        return since_start_us >= window->from_us && since_start_us < window->to_us;
    int64_t day_us = now_us % TIME_DAY;
    if (day_us < 0)
        day_us += TIME_DAY;
    if (window->from_us < window->to_us)
        return day_us >= window->from_us && day_us < window->to_us;
    return day_us >= window->from_us || day_us < window->to_us;
}
