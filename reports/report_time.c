#include "reports/report_time.h"

#include <inttypes.h>

#include "mta-under-test/base/poison.h"

static void two_units(char *text, int64_t span_us, int64_t large_us, const char *large,
                      int64_t small_us, const char *small)
{
    int64_t rest = span_us % large_us / small_us;
    if (rest == 0)
        snprintf(text, TIME_TEXT_BYTES, "%" PRId64 "%s", span_us / large_us, large);
    else
        snprintf(text, TIME_TEXT_BYTES, "%" PRId64 "%s %" PRId64 "%s", span_us / large_us, large,
                 rest, small);
}

const char *report_time_text(int64_t span_us, char text[TIME_TEXT_BYTES])
{
    if (span_us <= 0)
        snprintf(text, TIME_TEXT_BYTES, "0s");
    else if (span_us < TIME_MS)
        snprintf(text, TIME_TEXT_BYTES, "%" PRId64 " µs", span_us);
    else if (span_us < TIME_SECOND)
        snprintf(text, TIME_TEXT_BYTES, "%" PRId64 " ms", span_us / TIME_MS);
    else if (span_us < 10 * TIME_SECOND)
        snprintf(text, TIME_TEXT_BYTES, "%.4gs", (double)span_us / (double)TIME_SECOND);
    else if (span_us < TIME_MINUTE)
        snprintf(text, TIME_TEXT_BYTES, "%" PRId64 "s", span_us / TIME_SECOND);
    else if (span_us < TIME_HOUR)
        two_units(text, span_us, TIME_MINUTE, "m", TIME_SECOND, "s");
    else if (span_us < TIME_DAY)
        two_units(text, span_us, TIME_HOUR, "h", TIME_MINUTE, "m");
    else
        two_units(text, span_us, TIME_DAY, "d", TIME_HOUR, "h");
    return text;
}

const char *report_time_point(int64_t at_us, char text[TIME_TEXT_BYTES])
{
    char span[TIME_TEXT_BYTES];
    snprintf(text, TIME_TEXT_BYTES, "+%.60s", report_time_text(at_us, span));
    return text;
}
