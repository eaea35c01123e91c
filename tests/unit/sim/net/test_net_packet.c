#include "sim/net/net_packet.h"

#include "mta-under-test/base/text.h"
#include "tests/unit/unit.h"

/* A SYN from 192.0.2.10:30066 to 198.18.1.2:25, as seen on a wire. */
static const unsigned char SYN[] = {
    0x45, 0,    0, 40, 0,    0,    0x40, 0,    64, 6, 0, 0, 192,  0,    2,    10,   198, 18, 1, 2,
    0x75, 0x72, 0, 25, 0x11, 0x22, 0x33, 0x44, 0,  0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0,   0,  0, 0};

static struct net_syn syn_of_packet(void)
{
    struct net_syn syn;
    ck_assert_int_eq(net_syn_read_v4(slice_from((const char *)SYN, sizeof SYN), &syn), 0);
    return syn;
}

/* RFC 1071: the sum over bytes with a right checksum among them is all ones. */
static bool sum_is_right(const unsigned char *bytes, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

START_TEST(test_a_syn_is_read)
{
    char text[ADDRESS_TEXT_BYTES];
    struct net_syn syn = syn_of_packet();
    ck_assert_str_eq(address_to_text(&syn.client, text), "192.0.2.10");
    ck_assert_str_eq(address_to_text(&syn.server, text), "198.18.1.2");
    ck_assert_uint_eq(syn.client_port, 30066);
    ck_assert_uint_eq(syn.server_port, 25);
    ck_assert_uint_eq(syn.sequence, 0x11223344);
}
END_TEST

START_TEST(test_what_is_no_syn_is_not_read)
{
    unsigned char packet[sizeof SYN];
    struct net_syn syn;
    for (size_t len = 0; len < sizeof SYN; len++)
        ck_assert_int_eq(net_syn_read_v4(slice_from((const char *)SYN, len), &syn), -1);
    memcpy(packet, SYN, sizeof SYN);
    packet[33] = 0x12; /* SYN and ACK */
    ck_assert_int_eq(net_syn_read_v4(slice_from((const char *)packet, sizeof packet), &syn), -1);
    memcpy(packet, SYN, sizeof SYN);
    packet[0] = 0x4f; /* options beyond the end */
    ck_assert_int_eq(net_syn_read_v4(slice_from((const char *)packet, sizeof packet), &syn), -1);
}
END_TEST

START_TEST(test_a_reset_acknowledges_the_syn)
{
    struct net_syn syn = syn_of_packet();
    struct buf out;
    buf_init(&out, NET_ANSWER_BYTES_MAX);
    net_answer_write(&syn, NET_REFUSED, &out);
    const unsigned char *bytes = (const unsigned char *)out.data;
    ck_assert_uint_eq(out.len, 40);
    ck_assert(sum_is_right(bytes, 20, 0));
    ck_assert(sum_is_right(bytes + 20, 20, 6 + 20 + 0xc612 + 0x0102 + 0xc000 + 0x020a));
    ck_assert_uint_eq(bytes[20 + 13], 0x14);
    static const unsigned char ACKNOWLEDGED[] = {0x11, 0x22, 0x33, 0x45};
    ck_assert_mem_eq(bytes + 28, ACKNOWLEDGED, 4);
    ck_assert_mem_eq(bytes + 12, SYN + 16, 4);
    ck_assert_mem_eq(bytes + 16, SYN + 12, 4);
    buf_deinit(&out);
}
END_TEST

START_TEST(test_icmp_quotes_the_syn)
{
    static const enum net_condition_kind KINDS[] = {NET_UNREACHABLE, NET_PROHIBITED};
    static const unsigned char CODES[] = {1, 13};
    struct net_syn syn = syn_of_packet();
    for (size_t i = 0; i < 2; i++) {
        struct buf out;
        buf_init(&out, NET_ANSWER_BYTES_MAX);
        net_answer_write(&syn, KINDS[i], &out);
        const unsigned char *bytes = (const unsigned char *)out.data;
        ck_assert_uint_eq(out.len, 20 + 8 + 20 + 8);
        ck_assert_uint_eq(bytes[9], 1);
        ck_assert_uint_eq(bytes[20], 3);
        ck_assert_uint_eq(bytes[21], CODES[i]);
        ck_assert(sum_is_right(bytes + 20, 36, 0));
        ck_assert_mem_eq(bytes + 28 + 12, SYN + 12, 8);
        ck_assert_mem_eq(bytes + 48, SYN + 20, 8);
        buf_deinit(&out);
    }
}
END_TEST

START_TEST(test_ipv6_and_silence)
{
    struct net_syn syn = {.sequence = 1};
    struct buf out;
    ck_assert_int_eq(address_from_text(SLICE("2001:db8::10"), &syn.client), 0);
    ck_assert_int_eq(address_from_text(SLICE("2001:db8:18::1"), &syn.server), 0);
    ck_assert_int_eq(net_syn_read(slice_from((const char *)SYN + 20, 20), &syn), 0);
    buf_init(&out, NET_ANSWER_BYTES_MAX);
    net_answer_write(&syn, NET_SILENT, &out);
    net_answer_write(&syn, NET_OPEN, &out);
    ck_assert_uint_eq(out.len, 0);
    net_answer_write(&syn, NET_REFUSED, &out);
    ck_assert_uint_eq(out.len, 20);
    buf_reset(&out);
    net_answer_write(&syn, NET_UNREACHABLE, &out);
    ck_assert_uint_eq(out.len, 8 + 40 + 20);
    ck_assert_uint_eq((unsigned char)out.data[0], 1);
    ck_assert_uint_eq((unsigned char)out.data[1], 3);
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(test_a_syn_is_read, test_what_is_no_syn_is_not_read, test_a_reset_acknowledges_the_syn,
          test_icmp_quotes_the_syn, test_ipv6_and_silence)
