/* Slices, buffers and arenas. */
#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/slice.h"
#include "tests/unit/unit.h"

START_TEST(test_split_keeps_empty_parts)
{
    struct slice rest = SLICE("a,,b,");
    struct slice part;
    const char *const want[] = {"a", "", "b", ""};
    for (size_t i = 0; i < 4; i++) {
        ck_assert(slice_split(&rest, ',', &part));
        ck_assert(slice_is(part, want[i]));
    }
    ck_assert(!slice_split(&rest, ',', &part));
}
END_TEST

START_TEST(test_comparing_without_case_is_for_ascii_only)
{
    ck_assert(slice_is_nocase(SLICE("EHLO"), "ehlo"));
    ck_assert(!slice_is_nocase(SLICE("\xc4"), "\xe4"));
    ck_assert(slice_ends_with_nocase(SLICE("mx.A.test"), SLICE(".a.TEST")));
    ck_assert(!slice_starts_with(SLICE("ab"), SLICE("abc")));
}
END_TEST

START_TEST(test_finding)
{
    ck_assert_uint_eq(slice_find(SLICE("a@b@c"), '@'), 1);
    ck_assert_uint_eq(slice_find_last(SLICE("a@b@c"), '@'), 3);
    ck_assert_uint_eq(slice_find(SLICE("abc"), '@'), SIZE_MAX);
    ck_assert_uint_eq(slice_find_slice(SLICE("one\r\n.\r\n"), SLICE("\r\n.\r\n")), 3);
    ck_assert(slice_is(slice_trim(SLICE(" \t x y\r\n")), "x y"));
    ck_assert_int_lt(slice_compare(SLICE("ab"), SLICE("abc")), 0);
}
END_TEST

START_TEST(test_a_buffer_takes_no_more_than_its_limit_and_remembers)
{
    struct buf buf;
    buf_init(&buf, 5);
    ck_assert(buf_add_text(&buf, "1234"));
    ck_assert(!buf_add_text(&buf, "56"));
    ck_assert(buf_add_text(&buf, "5"));
    ck_assert_str_eq(buf_text(&buf), "12345");
    ck_assert(buf_overflowed(&buf));
    buf_reset(&buf);
    ck_assert(!buf_overflowed(&buf));
    ck_assert_str_eq(buf_text(&buf), "");
    buf_deinit(&buf);
}
END_TEST

START_TEST(test_what_is_expected_needs_no_more_memory)
{
    struct buf buf;
    buf_init(&buf, 5000);
    buf_expect(&buf, 4000);
    ck_assert_str_eq(buf_text(&buf), "");
    const char *first = buf.data;
    ck_assert(buf_format(&buf, "%04000d", 7));
    ck_assert_ptr_eq(buf.data, first);
    buf_expect(&buf, 5001); /* more than the limit: it is no promise */
    ck_assert(!buf_overflowed(&buf));
    ck_assert(buf_format(&buf, "%01000d", 7));
    ck_assert(!buf_add_text(&buf, "x"));
    buf_deinit(&buf);
}
END_TEST

START_TEST(test_consume_and_take)
{
    struct buf buf;
    buf_init(&buf, 1000);
    ck_assert(buf_format(&buf, "%s-%d", "line", 7));
    buf_consume(&buf, 5);
    char *text = buf_take(&buf);
    ck_assert_str_eq(text, "7");
    free(text);
    ck_assert_uint_eq(buf.len, 0);
    buf_deinit(&buf);
}
END_TEST

START_TEST(test_an_arena_aligns_zeroes_and_holds_large_ones)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t size = 1; size < 20000; size = size * 3 + 1) {
        unsigned char *block = arena_alloc(&arena, size);
        ck_assert_uint_eq((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(block[i], 0);
        memset(block, 0xff, size);
    }
    ck_assert_str_eq(arena_format(&arena, "%s:%d", "a", 1), "a:1");
    ck_assert(slice_is(arena_slice(&arena, SLICE("bytes")), "bytes"));
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_formatting_grows_and_leaves_what_was_there)
{
    struct buf buf;
    buf_init(&buf, 600);
    ck_assert(buf_format(&buf, "%s", "abc"));
    ck_assert(buf_format(&buf, "%0300d", 7)); /* more than the first piece of memory */
    ck_assert_uint_eq(buf.len, 303);
    ck_assert_str_eq(buf_text(&buf) + 301, "07");
    ck_assert(!buf_format(&buf, "%0300d", 8)); /* more than the limit */
    ck_assert(buf_overflowed(&buf));
    ck_assert_uint_eq(buf.len, 303);
    ck_assert_uint_eq(strlen(buf_text(&buf)), 303);
    buf_deinit(&buf);
}
END_TEST

UNIT_MAIN(test_split_keeps_empty_parts, test_comparing_without_case_is_for_ascii_only, test_finding,
          test_what_is_expected_needs_no_more_memory,
          test_a_buffer_takes_no_more_than_its_limit_and_remembers, test_consume_and_take,
          test_formatting_grows_and_leaves_what_was_there,
          test_an_arena_aligns_zeroes_and_holds_large_ones)
