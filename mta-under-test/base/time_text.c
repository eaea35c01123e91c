#include "mta-under-test/base/time_text.h"

#include <inttypes.h>
#include <time.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

static int64_t time_read(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

int64_t time_now_us(void)
{
    return time_read(CLOCK_REALTIME);
}

int64_t time_monotonic_us(void)
{
    return time_read(CLOCK_MONOTONIC);
}

/* Rounds down, before 1970 as well. */
static void time_split(int64_t at_us, struct tm *tm, int64_t *fraction_us)
{
    int64_t fraction = at_us % TIME_SECOND;
    if (fraction < 0)
        fraction += TIME_SECOND;
    time_t seconds = (at_us - fraction) / TIME_SECOND;
    gmtime_r(&seconds, tm);
    *fraction_us = fraction;
}

/* Appends a number of at least `width` digits and the character behind it. By hand: each line of a
 * log begins with a time. */
static char *time_put(char *at, int64_t number, size_t width, char end)
{
    char digits[24];
    size_t first = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    if (number < 0)
        *at++ = '-';
    while (rest > 0 || sizeof digits - first < width) {
        digits[--first] = (char)('0' + rest % 10);
        rest /= 10;
    }
    at = mempcpy(at, digits + first, sizeof digits - first);
    *at++ = end;
    return at;
}

const char *time_to_rfc3339(int64_t at_us, char text[TIME_TEXT_BYTES])
{
    struct tm tm;
    int64_t fraction = 0;
    time_split(at_us, &tm, &fraction);
    char *at = time_put(text, tm.tm_year + 1900, 4, '-');
    at = time_put(at, tm.tm_mon + 1, 2, '-');
    at = time_put(at, tm.tm_mday, 2, 'T');
    at = time_put(at, tm.tm_hour, 2, ':');
    at = time_put(at, tm.tm_min, 2, ':');
    at = time_put(at, tm.tm_sec, 2, fraction != 0 ? '.' : 'Z');
    if (fraction != 0)
        at = time_put(at, fraction, 6, 'Z');
    *at = '\0';
    return text;
}

const char *time_to_rfc5322(int64_t at_us, char text[TIME_TEXT_BYTES])
{
    static const char DAYS[] = "Sun, Mon, Tue, Wed, Thu, Fri, Sat, ";
    static const char MONTHS[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
    static const char ZONE[] = "+0000";
    struct tm tm;
    int64_t fraction = 0;
    time_split(at_us, &tm, &fraction);
    char *at = mempcpy(text, DAYS + (size_t)tm.tm_wday * 5, 5);
    at = time_put(at, tm.tm_mday, 2, ' ');
    at = mempcpy(at, MONTHS + (size_t)tm.tm_mon * 4, 4);
    at = time_put(at, tm.tm_year + 1900, 4, ' ');
    at = time_put(at, tm.tm_hour, 2, ':');
    at = time_put(at, tm.tm_min, 2, ':');
    at = time_put(at, tm.tm_sec, 2, ' ');
    memcpy(at, ZONE, sizeof ZONE);
    return text;
}

struct time_unit {
    const char *name;
    int64_t us;
};

/* From large to small; "ms" stands before "m" nowhere, since the whole unit is compared. */
static const struct time_unit TIME_UNITS[] = {
    {"d", TIME_DAY},    {"h", TIME_HOUR}, {"m", TIME_MINUTE},
    {"s", TIME_SECOND}, {"ms", TIME_MS},  {"us", 1},
};
enum { TIME_UNIT_COUNT = sizeof TIME_UNITS / sizeof TIME_UNITS[0] };

const char *time_span_to_text(int64_t span_us, char text[TIME_TEXT_BYTES])
{
    size_t used = 0;
    int64_t rest = span_us;
    text[0] = '\0';
    if (rest < 0) {
        used = (size_t)snprintf(text, TIME_TEXT_BYTES, "-");
        rest = -rest;
    }
    for (size_t i = 0; i < TIME_UNIT_COUNT; i++) {
        int64_t count = rest / TIME_UNITS[i].us;
        if (count == 0)
            continue;
        used += (size_t)snprintf(text + used, TIME_TEXT_BYTES - used, "%" PRId64 "%s", count,
                                 TIME_UNITS[i].name);
        rest -= count * TIME_UNITS[i].us;
    }
    if (span_us == 0)
        snprintf(text, TIME_TEXT_BYTES, "0s");
    return text;
}

static int time_two_digits(struct slice text, size_t at, int *value)
{
    if (at + 2 > text.len || !text_is_digit(text.data[at]) || !text_is_digit(text.data[at + 1]))
        return -1;
    *value = (text.data[at] - '0') * 10 + (text.data[at + 1] - '0');
    return 0;
}

/* "Z" or "+hh:mm", to seconds east of UTC. */
static int time_read_offset(struct slice zone, int *offset_s)
{
    if (slice_is_nocase(zone, "z")) {
        *offset_s = 0;
        return 0;
    }
    int hours = 0;
    int minutes = 0;
    if (zone.len != 6 || (zone.data[0] != '+' && zone.data[0] != '-') || zone.data[3] != ':' ||
        time_two_digits(zone, 1, &hours) != 0 || time_two_digits(zone, 4, &minutes) != 0 ||
        hours > 23 || minutes > 59)
        return -1;
    *offset_s = (hours * 3600 + minutes * 60) * (zone.data[0] == '-' ? -1 : 1);
    return 0;
}

/* ".123" to microseconds; *rest is what stands behind it. */
static int time_read_fraction(struct slice text, struct slice *rest, int64_t *us)
{
    *us = 0;
    *rest = text;
    if (text.len == 0 || text.data[0] != '.')
        return 0;
    int64_t scale = TIME_SECOND / 10;
    size_t i = 1;
    for (; i < text.len && text_is_digit(text.data[i]); i++) {
        *us += (text.data[i] - '0') * scale;
        scale /= 10;
    }
    *rest = slice_skip(text, i);
    return i > 1 ? 0 : -1;
}

int time_from_rfc3339(struct slice text, int64_t *at_us)
{
    int century = 0;
    int year = 0;
    struct tm tm = {0};
    if (text.len < 20 || text.data[4] != '-' || text.data[7] != '-' ||
        text_lower(text.data[10]) != 't' || text.data[13] != ':' || text.data[16] != ':' ||
        time_two_digits(text, 0, &century) != 0 || time_two_digits(text, 2, &year) != 0 ||
        time_two_digits(text, 5, &tm.tm_mon) != 0 || time_two_digits(text, 8, &tm.tm_mday) != 0 ||
        time_two_digits(text, 11, &tm.tm_hour) != 0 || time_two_digits(text, 14, &tm.tm_min) != 0 ||
        time_two_digits(text, 17, &tm.tm_sec) != 0)
        return -1;
    tm.tm_year = century * 100 + year - 1900;
    tm.tm_mon--;
    struct tm wanted = tm;
    int64_t fraction = 0;
    int offset_s = 0;
    struct slice zone;
    if (time_read_fraction(slice_skip(text, 19), &zone, &fraction) != 0 ||
        time_read_offset(zone, &offset_s) != 0)
        return -1;
    time_t seconds = timegm(&tm);
    /* timegm() moves a 31 February into March: such a date is refused. */
    if (tm.tm_mon != wanted.tm_mon || tm.tm_mday != wanted.tm_mday ||
        tm.tm_hour != wanted.tm_hour || tm.tm_min != wanted.tm_min || tm.tm_sec != wanted.tm_sec)
        return -1;
    *at_us = ((int64_t)seconds - offset_s) * TIME_SECOND + fraction;
    return 0;
}

/* One part, like "30s" or "1.5h", off the front of *rest; adds to *span_us. */
static int time_read_span_part(struct slice *rest, int64_t *span_us)
{
    size_t digits = 0;
    while (digits < rest->len && text_is_digit(rest->data[digits]))
        digits++;
    uint64_t count = 0;
    if (text_to_u64(slice_first(*rest, digits), &count) != 0 || count > INT64_MAX / TIME_DAY)
        return -1;
    int64_t millionths = 0;
    struct slice unit;
    if (time_read_fraction(slice_skip(*rest, digits), &unit, &millionths) != 0)
        return -1;
    size_t letters = 0;
    while (letters < unit.len && text_is_alpha(unit.data[letters]))
        letters++;
    struct slice name = slice_first(unit, letters);
    for (size_t i = 0; i < TIME_UNIT_COUNT; i++) {
        int64_t us = TIME_UNITS[i].us;
        if (!slice_is(name, TIME_UNITS[i].name))
            continue;
        int64_t part = (int64_t)count * us + millionths * (us / 1000) / 1000;
        if (us < 1000)
            part = (int64_t)count * us + millionths * us / TIME_SECOND;
        *rest = slice_skip(unit, letters);
        return __builtin_add_overflow(*span_us, part, span_us) ? -1 : 0;
    }
    return -1;
}

int time_span_from_text(struct slice text, int64_t *span_us)
{
    int64_t total = 0;
    if (text.len == 0)
        return -1;
    if (!slice_is(text, "0")) {
        while (text.len > 0) {
            if (time_read_span_part(&text, &total) != 0)
                return -1;
        }
    }
    *span_us = total;
    return 0;
}
