#include "mta-under-test/refmta/delivery/dns_answer.h"

#include "mta-under-test/base/buf.h"
#include "tests/unit/unit.h"

static void add_u16(struct buf *out, unsigned number)
{
    buf_add_char(out, (char)(unsigned char)(number >> 8));
    buf_add_char(out, (char)(unsigned char)number);
}

/* "mx.test" as labels. */
static void add_name(struct buf *out, const char *name)
{
    struct slice rest = slice_of(name);
    struct slice label;
    while (rest.len > 0 && slice_split(&rest, '.', &label)) {
        buf_add_char(out, (char)label.len);
        buf_add_slice(out, label);
    }
    buf_add_char(out, '\0');
}

static void start(struct buf *out, unsigned flags, unsigned answers)
{
    buf_init(out, 4096);
    add_u16(out, 1);
    add_u16(out, flags);
    add_u16(out, 1);
    add_u16(out, answers);
    add_u16(out, 0);
    add_u16(out, 0);
    add_name(out, "b.test"); /* at 12 */
    add_u16(out, DNS_TYPE_MX);
    add_u16(out, 1);
}

static void add_record(struct buf *out, unsigned type, unsigned ttl, struct slice data)
{
    add_u16(out, 0xc00c); /* the name of the question */
    add_u16(out, type);
    add_u16(out, 1);
    add_u16(out, 0);
    add_u16(out, ttl);
    add_u16(out, (unsigned)data.len);
    buf_add_slice(out, data);
}

START_TEST(mx_records_are_read)
{
    struct buf out;
    struct buf data;
    struct arena arena = {0};
    struct dns_answer answer;
    buf_init(&data, 256);
    start(&out, 0x81a0, 4);
    buf_add(&data, "\0\012", 2);
    add_name(&data, "MX1.b.test");
    add_record(&out, DNS_TYPE_MX, 300, buf_slice(&data));
    add_record(&out, DNS_TYPE_MX, 100, slice_from("\0\024\003mx2\xc0\x0c", 8));
    add_record(&out, DNS_TYPE_MX, 200, slice_from("\0\0\0", 3));
    add_record(&out, 999, 1, SLICE("whatever"));
    ck_assert_int_eq(dns_answer_parse(buf_slice(&out), DNS_TYPE_MX, &arena, &answer), 0);
    ck_assert(answer.authentic);
    ck_assert_uint_eq(answer.rcode, 0);
    ck_assert_uint_eq(answer.count, 3);
    ck_assert_str_eq(answer.records[0].host, "mx1.b.test");
    ck_assert_uint_eq(answer.records[0].preference, 10);
    ck_assert_str_eq(answer.records[1].host, "mx2.b.test");
    ck_assert_uint_eq(answer.records[1].preference, 20);
    ck_assert_str_eq(answer.records[2].host, "");
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(answer.records[i].ttl_seconds, 100);
    /* Cut anywhere, it is broken and nothing worse. */
    for (size_t len = 0; len < out.len; len++)
        ck_assert_int_eq(
            dns_answer_parse(slice_first(buf_slice(&out), len), DNS_TYPE_MX, &arena, &answer), -1);
    arena_deinit(&arena);
    buf_deinit(&out);
    buf_deinit(&data);
}
END_TEST

/* As many as one could publish, the best one last. */
START_TEST(of_a_huge_set_nothing_is_lost)
{
    enum { COUNT = 2048, BYTES_MAX = 1 << 16 };
    struct buf out;
    struct arena arena = {0};
    struct dns_answer answer;
    start(&out, 0x8180, COUNT);
    out.max = BYTES_MAX;
    for (unsigned i = 0; i < COUNT; i++) {
        char data[9] = {(char)(unsigned char)((COUNT - i) >> 8),
                        (char)(unsigned char)(COUNT - i),
                        4,
                        'm',
                        (char)('a' + i / 676 % 26),
                        (char)('a' + i / 26 % 26),
                        (char)('a' + i % 26),
                        '\xc0',
                        '\x0c'};
        add_record(&out, DNS_TYPE_MX, 300, slice_from(data, sizeof data));
    }
    ck_assert(!buf_overflowed(&out));
    ck_assert_int_eq(dns_answer_parse(buf_slice(&out), DNS_TYPE_MX, &arena, &answer), 0);
    ck_assert_uint_eq(answer.count, COUNT);
    ck_assert_uint_eq(answer.records[COUNT - 1].preference, 1);
    arena_deinit(&arena);
    buf_deinit(&out);
}
END_TEST

START_TEST(an_answer_may_be_cut)
{
    struct buf out;
    struct arena arena = {0};
    struct dns_answer answer;
    start(&out, 0x8380, 0);
    ck_assert_int_eq(dns_answer_parse(buf_slice(&out), DNS_TYPE_A, &arena, &answer), 0);
    ck_assert(answer.is_cut);
    ck_assert_uint_eq(answer.count, 0);
    arena_deinit(&arena);
    buf_deinit(&out);
}
END_TEST

START_TEST(addresses_and_texts_are_read)
{
    struct buf out;
    struct arena arena = {0};
    struct dns_answer answer;
    char text[IP_TEXT_BYTES];
    start(&out, 0x8180, 4);
    add_record(&out, DNS_TYPE_CNAME, 10, slice_from("\001x\xc0\x0c", 4));
    add_record(&out, DNS_TYPE_A, 60, slice_from("\300\0\2\1", 4));
    add_record(&out, DNS_TYPE_AAAA, 60, slice_from("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16));
    add_record(&out, DNS_TYPE_TXT, 60, slice_from("\3abc\0\2de", 8));
    ck_assert_int_eq(dns_answer_parse(buf_slice(&out), DNS_TYPE_A, &arena, &answer), 0);
    ck_assert_uint_eq(answer.count, 1);
    ck_assert_uint_eq(answer.records[0].ttl_seconds, 10);
    ck_assert_str_eq(ip_address_to_text(&answer.records[0].address, text), "192.0.2.1");
    ck_assert(!answer.authentic);
    ck_assert(!answer.is_cut);
    ck_assert_int_eq(dns_answer_parse(buf_slice(&out), DNS_TYPE_AAAA, &arena, &answer), 0);
    ck_assert_str_eq(ip_address_to_text(&answer.records[0].address, text), "2001:db8::1");
    ck_assert_int_eq(dns_answer_parse(buf_slice(&out), DNS_TYPE_TXT, &arena, &answer), 0);
    ck_assert(slice_is(answer.records[0].text, "abcde"));
    arena_deinit(&arena);
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(of_a_huge_set_nothing_is_lost, mx_records_are_read, an_answer_may_be_cut,
          addresses_and_texts_are_read)
