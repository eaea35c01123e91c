#include "reports/html_out.h"

#include <inttypes.h>

#include "tests/unit/unit.h"

static const char *escaped(struct slice text)
{
    static struct buf out;
    buf_deinit(&out);
    buf_init(&out, 10000);
    html_slice(&out, text);
    return buf_text(&out);
}

START_TEST(test_nothing_becomes_markup)
{
    ck_assert_str_eq(escaped(SLICE("<a b=\"c\" d='e'>&amp;")),
                     "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;");
}
END_TEST

START_TEST(test_what_xml_forbids_becomes_visible)
{
    ck_assert_str_eq(escaped(slice_from("a\0b\x1b[0m\r\n\tc", 11)),
                     "a\xE2\x90\x80"
                     "b\xE2\x90\x9B[0m\xE2\x90\x8D\n\tc");
    ck_assert_str_eq(escaped(SLICE("\x7f")), "[U+007F]");
    ck_assert_str_eq(escaped(SLICE("\xEF\xBF\xBE")), "[U+FFFE]");
}
END_TEST

START_TEST(test_bytes_that_are_no_utf8_are_replaced_one_by_one)
{
    ck_assert_str_eq(escaped(SLICE("\xff\xc3\xa9\xc3")), "\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD");
}
END_TEST

START_TEST(test_text_cannot_turn_the_direction_of_what_stands_around_it)
{
    ck_assert_str_eq(escaped(SLICE("\xE2\x80\xAEgnp")), "[U+202E]gnp");
    ck_assert_str_eq(escaped(SLICE("\xE2\x81\xA7")), "[U+2067]");
}
END_TEST

START_TEST(test_a_cut_never_splits_a_character)
{
    struct buf out;
    buf_init(&out, 100);
    html_cut(&out, SLICE("a\xC3\xA9z"), 2);
    ck_assert_str_eq(buf_text(&out), "a\xE2\x80\xA6");
    buf_reset(&out);
    html_cut(&out, SLICE("abc"), 3);
    ck_assert_str_eq(buf_text(&out), "abc");
    buf_deinit(&out);
}
END_TEST

START_TEST(test_print_escapes_each_text_and_no_markup_of_its_own)
{
    struct buf out;
    buf_init(&out, 1000);
    html_print(&out, "<b title=\"%s\">%d %zu %" PRId64 " %.1f %04X 100%%</b>%s", "\"<>", -5,
               (size_t)7, INT64_C(-9000000000), 2.25, 0xABU, "&");
    ck_assert_str_eq(buf_text(&out), "<b title=\"&quot;&lt;&gt;\">-5 7 -9000000000 2.2 00AB 100%"
                                     "</b>&amp;");
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(test_nothing_becomes_markup, test_what_xml_forbids_becomes_visible,
          test_bytes_that_are_no_utf8_are_replaced_one_by_one,
          test_text_cannot_turn_the_direction_of_what_stands_around_it,
          test_a_cut_never_splits_a_character,
          test_print_escapes_each_text_and_no_markup_of_its_own)
