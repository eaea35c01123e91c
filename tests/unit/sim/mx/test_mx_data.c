#include "sim/mx/mx_data.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name;
    const char *input;
    const char *content;
    bool ended;
    size_t rest;
    bool bare_cr, bare_lf, stray_dot;
} CASES[] = {
    {"plain", "a\r\nb\r\n.\r\n", "a\r\nb\r\n", true, 0, false, false, false},
    {"nothing", ".\r\n", "", true, 0, false, false, false},
    {"what follows is left", "a\r\n.\r\nQUIT\r\n", "a\r\n", true, 6, false, false, false},
    {"dots are taken off", "..a\r\n...\r\n.\r\n", ".a\r\n..\r\n", true, 0, false, false, false},
    {"a dot inside", "a.\r\n.\r\n", "a.\r\n", true, 0, false, false, false},
    {"LF dot CRLF is no end", "a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", true, 0, false, true, false},
    {"CRLF dot LF is no end", "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", true, 0, false, true, true},
    {"LF dot LF is no end", "a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", true, 0, false, true, false},
    {"CR dot CR is no end", "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", true, 0, true, false, false},
    {"CRLF dot CR is no end", "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", true, 0, true, false, true},
    {"CR CRLF dot", "a\r\r\n.\r\n", "a\r\r\n", true, 0, true, false, false},
    {"dot CR CRLF", ".\r\r\n.\r\n", "\r\r\n", true, 0, true, false, true},
    {"a dot that is not stuffed", ".a\r\n.\r\n", "a\r\n", true, 0, false, false, true},
    {"no end yet", "a\r\n.", "a\r\n", false, 0, false, false, false},
    {"no end yet either", "a\r\n.\r", "a\r\n", false, 0, false, false, false},
};

/* Feeds in pieces of `step` bytes: the cuts must not matter. */
static void check_case(size_t i, size_t step)
{
    struct mx_data data;
    struct buf content;
    struct slice input = slice_of(CASES[i].input);
    buf_init(&content, 1000);
    mx_data_init(&data);
    size_t consumed = 0;
    while (consumed < input.len && data.state != MX_DATA_END) {
        struct slice piece = slice_first(slice_skip(input, consumed), step);
        size_t got = mx_data_feed(&data, piece, &content);
        ck_assert(got == piece.len || data.state == MX_DATA_END);
        consumed += got;
    }
    ck_assert_msg((data.state == MX_DATA_END) == CASES[i].ended, "%s", CASES[i].name);
    ck_assert_msg(slice_is(buf_slice(&content), CASES[i].content), "%s, step %zu: %s",
                  CASES[i].name, step, buf_text(&content));
    ck_assert_msg(data.bytes == strlen(CASES[i].content), "%s", CASES[i].name);
    ck_assert_msg(input.len - consumed == CASES[i].rest, "%s", CASES[i].name);
    ck_assert_msg(data.bare_cr == CASES[i].bare_cr, "%s: bare CR", CASES[i].name);
    ck_assert_msg(data.bare_lf == CASES[i].bare_lf, "%s: bare LF", CASES[i].name);
    ck_assert_msg(data.stray_dot == CASES[i].stray_dot, "%s: dot", CASES[i].name);
    buf_deinit(&content);
}

START_TEST(test_ends_and_dots)
{
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        for (size_t step = 1; step < 8; step++)
            check_case(i, step);
        check_case(i, 1000);
    }
}
END_TEST

START_TEST(test_notes)
{
    struct mx_data data;
    struct buf content;
    buf_init(&content, 1000);
    mx_data_init(&data);
    struct slice input = SLICE("short\r\nlonger line\r\nm\xc3\xbc\0\r\nx");
    ck_assert_uint_eq(mx_data_feed(&data, input, &content), input.len);
    ck_assert_uint_eq(data.line_bytes_max, strlen("longer line"));
    ck_assert(data.eight_bit && data.nul && !data.bare_lf);
    buf_deinit(&content);
}
END_TEST

START_TEST(test_too_much_is_counted_and_marked)
{
    struct mx_data data;
    struct buf content;
    buf_init(&content, 4);
    mx_data_init(&data);
    struct slice input = SLICE("0123456789\r\n.\r\n");
    ck_assert_uint_eq(mx_data_feed(&data, input, &content), input.len);
    ck_assert(data.state == MX_DATA_END);
    ck_assert_uint_eq(data.bytes, 12);
    ck_assert(buf_overflowed(&content));
    buf_deinit(&content);
}
END_TEST

START_TEST(test_chunks_have_no_dots)
{
    struct mx_data data;
    struct buf content;
    buf_init(&content, 100);
    mx_data_init(&data);
    mx_data_feed_chunk(&data, SLICE("a\r\n.\r"), &content);
    mx_data_feed_chunk(&data, SLICE("\n.b\rc\n"), &content);
    ck_assert(slice_is(buf_slice(&content), "a\r\n.\r\n.b\rc\n"));
    ck_assert(data.bare_cr && data.bare_lf && data.state != MX_DATA_END);
    buf_deinit(&content);
}
END_TEST

UNIT_MAIN(test_ends_and_dots, test_notes, test_too_much_is_counted_and_marked,
          test_chunks_have_no_dots)
