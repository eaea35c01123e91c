#include "mta-under-test/mailauth/address/date_time.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/core/cfws.h"

#include "mta-under-test/base/poison.h"

struct date_reader {
    struct slice text;
    size_t at;
};

struct date_parts {
    int64_t year, month, day, hour, minute, second, offset_minutes;
    int weekday; /* 0 = Sunday, -1 = not given */
};

static const char *const DATE_DAYS[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", NULL};
static const char *const DATE_MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
                                          "Aug", "Sep", "Oct", "Nov", "Dec", NULL};

static void date_skip(struct date_reader *reader)
{
    reader->at += cfws_len(slice_skip(reader->text, reader->at));
}

static bool date_take(struct date_reader *reader, char c)
{
    date_skip(reader);
    if (reader->at >= reader->text.len || reader->text.data[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

/* A run of letters. */
static struct slice date_word(struct date_reader *reader)
{
    date_skip(reader);
    size_t start = reader->at;
    while (reader->at < reader->text.len && text_is_alpha(reader->text.data[reader->at]))
        reader->at++;
    return slice_from(reader->text.data + start, reader->at - start);
}

static int date_index(struct slice word, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (slice_is_nocase(word, names[i]))
            return i;
    }
    return -1;
}

/* Between `min` and `max` digits; how many there are, 0 if they are not there. */
static size_t date_number(struct date_reader *reader, size_t min, size_t max, int64_t *number)
{
    date_skip(reader);
    size_t start = reader->at;
    *number = 0;
    while (reader->at < reader->text.len && text_is_digit(reader->text.data[reader->at]) &&
           reader->at - start < max) {
        *number = *number * 10 + (reader->text.data[reader->at] - '0');
        reader->at++;
    }
    bool more = reader->at < reader->text.len && text_is_digit(reader->text.data[reader->at]);
    size_t count = reader->at - start;
    return count < min || more ? 0 : count;
}

/* zone, or obs-zone: letters are UTC but for those of North America. */
static bool date_zone(struct date_reader *reader, struct date_parts *parts)
{
    static const char *const NAMES[] = {"EDT", "EST", "CDT", "CST", "MDT",
                                        "MST", "PDT", "PST", NULL};
    static const int HOURS[] = {-4, -5, -5, -6, -6, -7, -7, -8};
    int64_t number = 0;
    bool minus = date_take(reader, '-');
    if (minus || date_take(reader, '+')) {
        if (date_number(reader, 4, 4, &number) == 0 || number % 100 > 59)
            return false;
        parts->offset_minutes = (number / 100 * 60 + number % 100) * (minus ? -1 : 1);
        return true;
    }
    struct slice word = date_word(reader);
    int index = date_index(word, NAMES);
    if (index >= 0)
        parts->offset_minutes = (int64_t)HOURS[index] * 60;
    return word.len > 0;
}

static const char *date_clock(struct date_reader *reader, struct date_parts *parts)
{
    if (date_number(reader, 2, 2, &parts->hour) == 0 || !date_take(reader, ':') ||
        date_number(reader, 2, 2, &parts->minute) == 0)
        return "the time is not HH:MM";
    if (date_take(reader, ':') && date_number(reader, 2, 2, &parts->second) == 0)
        return "the seconds are not two digits";
    if (parts->hour > 23 || parts->minute > 59 || parts->second > 60)
        return "the time is out of range";
    return date_zone(reader, parts) ? NULL : "the zone is missing or wrong";
}

static const char *date_day(struct date_reader *reader, struct date_parts *parts)
{
    struct slice word = date_word(reader);
    parts->weekday = -1;
    if (word.len > 0) {
        parts->weekday = date_index(word, DATE_DAYS);
        if (parts->weekday < 0 || !date_take(reader, ','))
            return "the day of the week is wrong";
    }
    if (date_number(reader, 1, 2, &parts->day) == 0)
        return "the day is missing";
    parts->month = date_index(date_word(reader), DATE_MONTHS) + 1;
    if (parts->month == 0)
        return "the month is wrong";
    size_t digits = date_number(reader, 2, 9, &parts->year);
    if (digits == 0)
        return "the year is missing";
    if (digits == 2) /* obs-year */
        parts->year += parts->year < 50 ? 2000 : 1900;
    else if (digits == 3)
        parts->year += 1900;
    return NULL;
}

static bool date_is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970 (the proleptic Gregorian calendar counted from March). */
static int64_t date_days(const struct date_parts *parts)
{
    int64_t year = parts->month <= 2 ? parts->year - 1 : parts->year;
    int64_t month = (parts->month + 9) % 12;
    int64_t era = year / 400;
    int64_t in_era = year - era * 400;
    int64_t in_year = (153 * month + 2) / 5 + parts->day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

const char *date_time_parse(struct slice value, int64_t *at_us)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct date_reader reader = {value, 0};
    struct date_parts parts = {0};
    const char *wrong = date_day(&reader, &parts);
    if (wrong == NULL)
        wrong = date_clock(&reader, &parts);
    if (wrong != NULL)
        return wrong;
    date_skip(&reader);
    if (reader.at < value.len)
        return "something stands behind the date";
    int64_t last = LENGTHS[parts.month - 1] + (parts.month == 2 && date_is_leap(parts.year));
    if (parts.day < 1 || parts.day > last || parts.year < 1900 || parts.year > 200000)
        return "the date is out of range";
    int64_t days = date_days(&parts);
    if (parts.weekday >= 0 && ((days % 7 + 7) % 7 + 4) % 7 != parts.weekday)
        return "the day of the week does not fit the date";
    int64_t seconds = days * 86400 + parts.hour * 3600 + parts.minute * 60 + parts.second -
                      parts.offset_minutes * 60;
    *at_us = seconds * TIME_SECOND;
    return NULL;
}
