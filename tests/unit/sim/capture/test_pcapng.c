#include "sim/capture/pcapng.h"

#include <unistd.h>

#include "sim/capture/capture_file.h"
#include "tests/unit/unit.h"

static const char FRAME[] = "\x01\x02\x03\x04\x05"; /* 5 bytes, so that padding is needed */

static void begin(struct buf *file)
{
    buf_init(file, 1 << 20);
    pcapng_add_section(file, "Mailrange", "a comment");
    pcapng_add_interface(file, 1, 65549, "veth0");
}

static void add_frame(struct buf *file, int64_t at_us, const char *comment)
{
    struct pcapng_packet packet = {
        .at_us = at_us,
        .data = slice_from(FRAME, 5),
        .original_bytes = 1500,
        .comment = comment,
    };
    pcapng_add_packet(file, &packet);
}

START_TEST(test_what_was_written_is_read_back)
{
    struct buf bytes;
    begin(&bytes);
    struct pcapng_name names[] = {
        {"198.18.1.1", "mx.a.test"}, {"2001:db8::1", "mx.b.test"}, {"nonsense", "none.test"}};
    pcapng_add_names(&bytes, names, 3);
    add_frame(&bytes, INT64_C(1772442000123456), NULL);
    pcapng_add_secrets(&bytes, SLICE("CLIENT_RANDOM 00 11\n"));
    add_frame(&bytes, INT64_C(1772442000123457), "the end");
    struct pcapng_counts counts = {.at_us = 1, .received = 9, .dropped = 7};
    pcapng_add_statistics(&bytes, &counts);
    ck_assert(!buf_overflowed(&bytes));
    ck_assert_uint_eq(bytes.len % 4, 0);

    struct capture_file file;
    struct capture_packet packet;
    struct err err = {0};
    capture_file_init(&file, buf_slice(&bytes));
    ck_assert_int_eq(capture_file_next(&file, &packet, &err), 1);
    ck_assert_uint_eq(packet.number, 1);
    ck_assert_int_eq(packet.at_us, INT64_C(1772442000123456));
    ck_assert(slice_equal(packet.data, slice_from(FRAME, 5)));
    ck_assert_uint_eq(packet.original_bytes, 1500);
    ck_assert_uint_eq(packet.link_type, 1);
    ck_assert_uint_eq(packet.comment.len, 0);
    ck_assert_uint_eq(file.secrets, 0);
    ck_assert_int_eq(capture_file_next(&file, &packet, &err), 1);
    ck_assert_uint_eq(packet.number, 2);
    ck_assert(slice_is(packet.comment, "the end"));
    ck_assert_uint_eq(file.secrets, 1);
    ck_assert_int_eq(capture_file_next(&file, &packet, &err), 0);
    ck_assert_uint_eq(file.dropped, 7);
    buf_deinit(&bytes);
}
END_TEST

static int walk(struct slice bytes, struct err *err)
{
    struct capture_file file;
    struct capture_packet packet;
    capture_file_init(&file, bytes);
    int found;
    while ((found = capture_file_next(&file, &packet, err)) > 0)
        ;
    return found;
}

START_TEST(test_each_cut_is_an_error_but_between_blocks)
{
    struct buf bytes;
    begin(&bytes);
    size_t first = bytes.len;
    add_frame(&bytes, 1, NULL);
    size_t second = bytes.len;
    add_frame(&bytes, 2, "x");
    for (size_t len = first; len < bytes.len; len++) {
        struct err err = {0};
        int expected = len == first || len == second ? 0 : -1;
        ck_assert_int_eq(walk(slice_first(buf_slice(&bytes), len), &err), expected);
        if (expected != 0)
            ck_assert_ptr_nonnull(strstr(err.text, "ends inside a block"));
    }
    buf_deinit(&bytes);
}
END_TEST

START_TEST(test_other_files_are_named_as_such)
{
    struct err err = {0};
    ck_assert_int_eq(walk(SLICE("#!/bin/sh\nexit 0\n"), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no pcapng"));
    ck_assert_int_eq(walk(slice_from("", 0), &err), 0);
}
END_TEST

START_TEST(test_a_missing_file_is_named)
{
    struct capture_file file;
    struct err err = {0};
    ck_assert_int_eq(capture_file_open(&file, "/nonexistent/x.pcapng", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x.pcapng"));
    capture_file_close(&file);
}
END_TEST

UNIT_MAIN(test_what_was_written_is_read_back, test_each_cut_is_an_error_but_between_blocks,
          test_other_files_are_named_as_such, test_a_missing_file_is_named)
