#include "sim/capture/capture_frame.h"

#include "mta-under-test/base/text.h"
#include "tests/unit/unit.h"

/* Ethernet, IPv4 192.0.2.10:40000 to 198.18.1.1:25, TCP PSH+ACK, "EHLO". */
static const char TCP4[] = "020000000002"
                           "020000000001"
                           "0800"
                           "4500002c00004000400600 00c000020ac6120101"
                           "9c40001900000001000000015018ffff00000000"
                           "45484c4f";
/* No Ethernet, IPv6 2001:db8::10 port 5353 to 2001:db8:18::53 port 53, UDP, 2 bytes. */
static const char UDP6[] = "60000000000a1140"
                           "20010db8000000000000000000000010"
                           "20010db8001800000000000000000053"
                           "14e90035000a0000"
                           "abcd";

static void load(struct buf *frame, const char *hex)
{
    struct buf digits;
    buf_init(&digits, 1000);
    for (; *hex != '\0'; hex++)
        if (*hex != ' ')
            buf_add_char(&digits, *hex);
    buf_init(frame, 1000);
    ck_assert_int_eq(text_from_hex(frame, buf_slice(&digits)), 0);
    buf_deinit(&digits);
}

START_TEST(test_tcp_over_ipv4)
{
    struct buf bytes;
    load(&bytes, TCP4);
    struct capture_frame frame;
    ck_assert(capture_frame_read(&frame, CAPTURE_LINK_ETHERNET, buf_slice(&bytes)));
    ck_assert_str_eq(frame.source, "192.0.2.10");
    ck_assert_str_eq(frame.target, "198.18.1.1");
    ck_assert_uint_eq(frame.source_port, 40000);
    ck_assert_uint_eq(frame.target_port, 25);
    ck_assert_uint_eq(frame.protocol, IPPROTO_TCP);
    ck_assert_uint_eq(frame.tcp_flags, CAPTURE_TCP_PSH | CAPTURE_TCP_ACK);
    ck_assert_uint_eq(frame.payload_len, 4);
    ck_assert(slice_is(frame.payload, "EHLO"));
    buf_deinit(&bytes);
}
END_TEST

START_TEST(test_udp_over_ipv6)
{
    struct buf bytes;
    load(&bytes, UDP6);
    struct capture_frame frame;
    ck_assert(capture_frame_read(&frame, CAPTURE_LINK_RAW, buf_slice(&bytes)));
    ck_assert_str_eq(frame.source, "2001:db8::10");
    ck_assert_str_eq(frame.target, "2001:db8:18::53");
    ck_assert_uint_eq(frame.target_port, 53);
    ck_assert_uint_eq(frame.payload_len, 2);
    buf_deinit(&bytes);
}
END_TEST

START_TEST(test_a_cut_frame_is_never_read_past_its_end)
{
    struct buf bytes;
    load(&bytes, TCP4);
    struct capture_frame frame;
    for (size_t len = 0; len < bytes.len; len++) {
        /* A copy of exactly this size, so that a sanitizer sees a read behind it. */
        char *copy = mem_alloc(len);
        memcpy(copy, bytes.data, len);
        bool known = capture_frame_read(&frame, CAPTURE_LINK_ETHERNET, slice_from(copy, len));
        ck_assert(known == (len >= 54));
        if (known)
            ck_assert_uint_eq(frame.payload.len, len - 54);
        free(copy);
    }
    buf_deinit(&bytes);
}
END_TEST

START_TEST(test_other_links_and_protocols_are_not_known)
{
    struct buf bytes;
    load(&bytes, TCP4);
    struct capture_frame frame;
    ck_assert(!capture_frame_read(&frame, 113, buf_slice(&bytes)));
    bytes.data[23] = 1; /* ICMP */
    ck_assert(!capture_frame_read(&frame, CAPTURE_LINK_ETHERNET, buf_slice(&bytes)));
    bytes.data[13] = 6; /* ARP */
    ck_assert(!capture_frame_read(&frame, CAPTURE_LINK_ETHERNET, buf_slice(&bytes)));
    buf_deinit(&bytes);
}
END_TEST

UNIT_MAIN(test_tcp_over_ipv4, test_udp_over_ipv6, test_a_cut_frame_is_never_read_past_its_end,
          test_other_links_and_protocols_are_not_known)
