#include "sim/value/range.h"

#include <inttypes.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* Reads one bound, in whatever unit the range is of. */
typedef int range_unit(struct slice text, int64_t *value);

struct range_bound {
    const char *sign;
    bool lower;
    int64_t shift; /* of a bound that is not included */
};

static const struct range_bound RANGE_BOUNDS[] = {
    {">=", true, 0},
    {"<=", false, 0},
    {">", true, 1},
    {"<", false, -1},
};

/* 1 if the text begins with a sign, 0 if not, -1 if its bound is wrong. */
static int range_parse_limit(struct slice text, range_unit *unit, struct range *range)
{
    for (size_t i = 0; i < sizeof RANGE_BOUNDS / sizeof RANGE_BOUNDS[0]; i++) {
        const struct range_bound *bound = &RANGE_BOUNDS[i];
        struct slice sign = slice_of(bound->sign);
        if (!slice_starts_with(text, sign))
            continue;
        int64_t value = 0;
        if (unit(slice_trim(slice_skip(text, sign.len)), &value) != 0 ||
            __builtin_add_overflow(value, bound->shift, &value))
            return -1;
        if (bound->lower)
            range->min = value;
        else
            range->max = value;
        return 1;
    }
    return 0;
}

static int range_parse(struct slice text, range_unit *unit, struct range *range)
{
    *range = RANGE_ALL;
    int limit = range_parse_limit(text, unit, range);
    if (limit != 0)
        return limit > 0 ? 0 : -1;
    size_t dots = slice_find_slice(text, SLICE(".."));
    if (dots == SIZE_MAX) {
        if (unit(text, &range->min) != 0)
            return -1;
        range->max = range->min;
        return 0;
    }
    struct slice from = slice_first(text, dots);
    struct slice to = slice_skip(text, dots + 2);
    if ((from.len == 0 && to.len == 0) || (from.len > 0 && unit(from, &range->min) != 0) ||
        (to.len > 0 && unit(to, &range->max) != 0))
        return -1;
    return 0;
}

static int range_read_of(struct spec spec, range_unit *unit, const char *what, struct range *range,
                         struct err *err)
{
    if (!spec_is_text(spec) ||
        range_parse(slice_trim(slice_of(spec.json->valuestring)), unit, range) != 0)
        return spec_expected(spec, err, what);
    if (range->min > range->max)
        return spec_error(spec, err, "\"%s\" holds for nothing: its beginning lies behind its end",
                          spec.json->valuestring);
    return 0;
}

int range_read(struct spec spec, struct range *range, struct err *err)
{
    static const char WHAT[] = "a whole number or a range like \"2..6\", \"..3\", \"1..\", \">=5\"";
    int64_t number = 0;
    if (!spec_is_number(spec))
        return range_read_of(spec, text_to_i64, WHAT, range, err);
    if (spec_read_int(spec, INT64_MIN, INT64_MAX, &number, NULL) != 0)
        return spec_expected(spec, err, WHAT);
    *range = (struct range){number, number};
    return 0;
}

int range_read_span(struct spec spec, struct range *range, struct err *err)
{
    static const char WHAT[] = "a range of durations like \"5m..2h\", \">=10m\" or \"..1d\"";
    if (spec_is_number(spec) ||
        (spec_is_text(spec) && strspn(spec.json->valuestring, "0123456789") > 0 &&
         strspn(spec.json->valuestring, "0123456789.") == strlen(spec.json->valuestring) &&
         strstr(spec.json->valuestring, "..") == NULL && strcmp(spec.json->valuestring, "0") != 0))
        return spec_expected_span(spec, err, WHAT);
    return range_read_of(spec, time_span_from_text, WHAT, range, err);
}

int range_read_share(struct spec spec, struct range *range, struct err *err)
{
    return range_read_of(spec, spec_share_from_text,
                         "a range of shares like \">=99.5%\" or \"20%..40%\"", range, err);
}

int range_read_size(struct spec spec, struct range *range, struct err *err)
{
    int64_t number = 0;
    if (spec_is_number(spec) && spec_read_size(spec, &number, err) != 0)
        return -1;
    if (!spec_is_number(spec))
        return range_read_of(spec, spec_size_from_text,
                             "a range of sizes like \"<=25MB\" or \"1kB..\"", range, err);
    *range = (struct range){number, number};
    return 0;
}

bool range_holds(struct range range, int64_t value)
{
    return value >= range.min && value <= range.max;
}

typedef const char *range_print(int64_t value, struct arena *arena);

static const char *range_print_int(int64_t value, struct arena *arena)
{
    return arena_format(arena, "%" PRId64, value);
}

static const char *range_print_span(int64_t value, struct arena *arena)
{
    char text[TIME_TEXT_BYTES];
    return arena_text(arena, time_span_to_text(value, text));
}

const char *share_to_text(int64_t millionths, struct arena *arena)
{
    if (millionths % 10000 == 0)
        return arena_format(arena, "%" PRId64 "%%", millionths / 10000);
    char *text =
        arena_format(arena, "%" PRId64 ".%04" PRId64, millionths / 10000, millionths % 10000);
    size_t len = strlen(text);
    while (text[len - 1] == '0')
        len--;
    return arena_format(arena, "%.*s%%", (int)len, text);
}

static const char *range_print_with(struct range range, range_print *print, struct arena *arena)
{
    if (range.min == INT64_MIN && range.max == INT64_MAX)
        return "any";
    if (range.min == range.max)
        return arena_format(arena, "exactly %s", print(range.min, arena));
    if (range.max == INT64_MAX)
        return arena_format(arena, "at least %s", print(range.min, arena));
    if (range.min == INT64_MIN)
        return arena_format(arena, "at most %s", print(range.max, arena));
    return arena_format(arena, "%s to %s", print(range.min, arena), print(range.max, arena));
}

const char *range_to_text(struct range range, struct arena *arena)
{
    return range_print_with(range, range_print_int, arena);
}

const char *range_span_to_text(struct range range, struct arena *arena)
{
    return range_print_with(range, range_print_span, arena);
}

const char *range_share_to_text(struct range range, struct arena *arena)
{
    return range_print_with(range, share_to_text, arena);
}
