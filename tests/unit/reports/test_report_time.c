#include "reports/report_time.h"

#include "tests/unit/unit.h"

START_TEST(test_the_two_largest_units)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "0s"},
        {-1, "0s"},
        {999, "999 \xC2\xB5s"},
        {35 * TIME_MS, "35 ms"},
        {5032 * TIME_MS, "5.032s"},
        {59 * TIME_SECOND, "59s"},
        {12 * TIME_MINUTE, "12m"},
        {5 * TIME_MINUTE + 12 * TIME_SECOND, "5m 12s"},
        {2 * TIME_HOUR + TIME_MINUTE, "2h 1m"},
        {5 * TIME_DAY + 3 * TIME_HOUR + TIME_MINUTE, "5d 3h"},
    };
    char text[TIME_TEXT_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_str_eq(report_time_text(rows[i].us, text), rows[i].text);
    ck_assert_str_eq(report_time_point(TIME_HOUR, text), "+1h");
}
END_TEST

UNIT_MAIN(test_the_two_largest_units)
