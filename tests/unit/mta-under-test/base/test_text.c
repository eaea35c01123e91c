/* Numbers, encodings, words, JSON, dates. */
#include "mta-under-test/base/json_out.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

START_TEST(test_numbers_are_whole_or_refused)
{
    uint64_t number = 0;
    ck_assert_int_eq(text_to_u64(SLICE("18446744073709551615"), &number), 0);
    ck_assert_uint_eq(number, UINT64_MAX);
    ck_assert_int_eq(text_to_u64(SLICE("18446744073709551616"), &number), -1);
    ck_assert_int_eq(text_to_u64(SLICE(""), &number), -1);
    ck_assert_int_eq(text_to_u64(SLICE("1 "), &number), -1);
    int64_t signed_number = 0;
    ck_assert_int_eq(text_to_i64(SLICE("-42"), &signed_number), 0);
    ck_assert_int_eq(signed_number, -42);
}
END_TEST

START_TEST(test_base64_and_hex_go_both_ways)
{
    static const char *const PAIRS[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        struct buf out;
        buf_init(&out, 100);
        text_to_base64(&out, PAIRS[i][0], strlen(PAIRS[i][0]));
        ck_assert_str_eq(buf_text(&out), PAIRS[i][1]);
        buf_reset(&out);
        ck_assert_int_eq(text_from_base64(&out, slice_of(PAIRS[i][1])), 0);
        ck_assert_str_eq(buf_text(&out), PAIRS[i][0]);
        buf_deinit(&out);
    }
    struct buf out;
    buf_init(&out, 100);
    ck_assert_int_eq(text_from_base64(&out, SLICE("Zg=")), -1);
    ck_assert_int_eq(text_from_base64(&out, SLICE("Z===")), -1);
    ck_assert_int_eq(text_from_base64(&out, SLICE("Zg==Zg==")), -1);
    buf_reset(&out);
    text_to_hex(&out, "\x00\xff", 2);
    ck_assert_str_eq(buf_text(&out), "00ff");
    ck_assert_int_eq(text_from_hex(&out, SLICE("0g")), -1);
    buf_deinit(&out);
}
END_TEST

START_TEST(test_utf8_refuses_overlong_forms_and_surrogates)
{
    ck_assert(text_is_utf8(SLICE("gr\xc3\xbc\xc3\x9f \xf0\x9f\x93\xa7")));
    ck_assert(!text_is_utf8(SLICE("\xc0\x80")));
    ck_assert(!text_is_utf8(SLICE("\xe0\x80\x80")));
    ck_assert(!text_is_utf8(SLICE("\xed\xa0\x80")));
    ck_assert(!text_is_utf8(SLICE("\xf4\x90\x80\x80")));
    ck_assert(!text_is_utf8(SLICE("\xc3")));
}
END_TEST

START_TEST(test_the_nearest_word_is_near)
{
    static const char *const WORDS[] = {"delay", "reply", "close", NULL};
    ck_assert_str_eq(text_nearest("dealy", WORDS), "delay");
    ck_assert_str_eq(text_nearest("Replay", WORDS), "reply");
    ck_assert_ptr_null(text_nearest("greylist", WORDS));
}
END_TEST

START_TEST(test_json_is_escaped_and_valid_whatever_the_bytes)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 1000);
    json_out_init(&out, &buf);
    json_out_object(&out, NULL);
    json_out_text(&out, "a", "\"\\\n\x01\xff\xc3\xbc");
    json_out_array(&out, "b");
    json_out_int(&out, NULL, -1);
    json_out_bool(&out, NULL, true);
    json_out_text(&out, NULL, NULL);
    json_out_real(&out, NULL, 0.5, 2);
    json_out_end(&out);
    json_out_object(&out, "c");
    json_out_end(&out);
    json_out_end(&out);
    ck_assert_str_eq(buf_text(&buf), "{\"a\":\"\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xbc\","
                                     "\"b\":[-1,true,null,0.50],\"c\":{}}");
    buf_deinit(&buf);
}
END_TEST

START_TEST(test_spans)
{
    static const struct {
        const char *text;
        int64_t us;
    } SPANS[] = {{"250ms", 250 * TIME_MS},
                 {"30s", 30 * TIME_SECOND},
                 {"1h30m", 90 * TIME_MINUTE},
                 {"5d", 5 * TIME_DAY},
                 {"1.5s", 1500 * TIME_MS},
                 {"0", 0},
                 {"7us", 7}};
    for (size_t i = 0; i < sizeof SPANS / sizeof SPANS[0]; i++) {
        int64_t us = -1;
        ck_assert_int_eq(time_span_from_text(slice_of(SPANS[i].text), &us), 0);
        ck_assert_int_eq(us, SPANS[i].us);
    }
    int64_t us = 0;
    static const char *const WRONG[] = {"",   "5",   "5 m",          "m", "-5m", "5mm",
                                        "5x", "1.m", "999999999999d"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        ck_assert_msg(time_span_from_text(slice_of(WRONG[i]), &us) == -1, "%s", WRONG[i]);
    char text[TIME_TEXT_BYTES];
    ck_assert_str_eq(time_span_to_text(90 * TIME_MINUTE + 5 * TIME_MS, text), "1h30m5ms");
    ck_assert_str_eq(time_span_to_text(0, text), "0s");
    ck_assert_str_eq(time_span_to_text(-TIME_DAY, text), "-1d");
}
END_TEST

START_TEST(test_dates)
{
    int64_t at = 0;
    char text[TIME_TEXT_BYTES];
    ck_assert_int_eq(time_from_rfc3339(SLICE("2026-03-02T09:00:00Z"), &at), 0);
    ck_assert_int_eq(at, INT64_C(1772442000) * TIME_SECOND);
    ck_assert_str_eq(time_to_rfc3339(at, text), "2026-03-02T09:00:00Z");
    ck_assert_str_eq(time_to_rfc5322(at, text), "Mon, 02 Mar 2026 09:00:00 +0000");
    ck_assert_int_eq(time_from_rfc3339(SLICE("2026-03-02T10:30:00.25+01:30"), &at), 0);
    ck_assert_str_eq(time_to_rfc3339(at, text), "2026-03-02T09:00:00.250000Z");
    ck_assert_str_eq(time_to_rfc3339(-1, text), "1969-12-31T23:59:59.999999Z");
    ck_assert_str_eq(time_to_rfc5322(-1, text), "Wed, 31 Dec 1969 23:59:59 +0000");
    ck_assert_str_eq(time_to_rfc3339(INT64_C(-59011459200000000) + 42, text),
                     "0100-01-01T00:00:00.000042Z");
    ck_assert_str_eq(time_to_rfc3339(INT64_C(253402300800000000), text), "10000-01-01T00:00:00Z");
    ck_assert_int_eq(time_from_rfc3339(SLICE("2026-02-31T00:00:00Z"), &at), -1);
    ck_assert_int_eq(time_from_rfc3339(SLICE("2026-02-28 00:00"), &at), -1);
    ck_assert_int_eq(time_from_rfc3339(SLICE("2026-02-28T00:00:00"), &at), -1);
}
END_TEST

START_TEST(test_a_byte_above_ascii_is_seen_wherever_it_stands)
{
    char text[20];
    memset(text, 'x', sizeof text);
    ck_assert(text_is_ascii(slice_from(text, 0)));
    for (size_t len = 1; len <= sizeof text; len++) {
        ck_assert(text_is_ascii(slice_from(text, len)));
        for (size_t at = 0; at < len; at++) {
            text[at] = '\x80';
            ck_assert(!text_is_ascii(slice_from(text, len)));
            text[at] = 'x';
        }
    }
}
END_TEST

UNIT_MAIN(test_numbers_are_whole_or_refused, test_base64_and_hex_go_both_ways,
          test_utf8_refuses_overlong_forms_and_surrogates, test_the_nearest_word_is_near,
          test_json_is_escaped_and_valid_whatever_the_bytes, test_spans, test_dates,
          test_a_byte_above_ascii_is_seen_wherever_it_stands)
