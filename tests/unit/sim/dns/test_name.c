#include "sim/dns/dns_name.h"

#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

static struct dns_name name_of(const char *text)
{
    struct dns_name name;
    ck_assert_int_eq(dns_name_from_text(slice_of(text), &name), 0);
    return name;
}

START_TEST(test_text_to_wire_and_back)
{
    static const struct {
        const char *text;
        const char *wire;
        size_t len;
        const char *back;
    } CASES[] = {
        {"", "", 1, "."},
        {".", "", 1, "."},
        {"a.Test", "\1a\4test", 8, "a.test"},
        {"a.test.", "\1a\4test", 8, "a.test"},
        {"*.a", "\1*\1a", 5, "*.a"},
        {"a\\.b.c", "\3a.b\1c", 7, "a\\.b.c"},
        {"\\000\\255.x", "\2\0\377\1x", 6, "\\000\\255.x"},
        {"_25._tcp.mx", "\3_25\4_tcp\2mx", 13, "_25._tcp.mx"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dns_name name = name_of(CASES[i].text);
        struct buf back;
        buf_init(&back, 2000);
        dns_name_to_text(dns_name_slice(&name), &back);
        ck_assert_uint_eq(name.len, CASES[i].len);
        ck_assert_mem_eq(name.bytes, CASES[i].wire, CASES[i].len);
        ck_assert_str_eq(buf_text(&back), CASES[i].back);
        buf_deinit(&back);
    }
}
END_TEST

START_TEST(test_what_is_no_name)
{
    static const char *const WRONG[] = {
        "a..b",
        ".a",
        "a123456789012345678901234567890123456789012345678901234567890123.test",
    };
    struct dns_name name;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        ck_assert_int_eq(dns_name_from_text(slice_of(WRONG[i]), &name), -1);
    char longest[512] = "";
    for (size_t i = 0; i < 260; i += 2)
        memcpy(longest + i, "a.", 3);
    ck_assert_int_eq(dns_name_from_text(slice_of(longest), &name), -1);
    ck_assert_int_eq(dns_name_from_text(SLICE("a\0b"), &name), -1);
}
END_TEST

START_TEST(test_wire_that_is_cut_or_compressed)
{
    struct dns_name name;
    ck_assert_uint_eq(dns_name_from_wire(SLICE("\1A\4Test\0rest"), &name), 8);
    ck_assert_mem_eq(name.bytes, "\1a\4test", 8);
    ck_assert_uint_eq(dns_name_from_wire(SLICE("\1a\4tes"), &name), 0);
    ck_assert_uint_eq(dns_name_from_wire(SLICE("\1a\300\014"), &name), 0);
    ck_assert_uint_eq(dns_name_from_wire(slice_from("", 0), &name), 0);
    char label[300];
    memset(label, 1, sizeof label);
    ck_assert_uint_eq(dns_name_from_wire(slice_from(label, sizeof label), &name), 0);
}
END_TEST

START_TEST(test_ancestors)
{
    struct dns_name name = name_of("b.a.test");
    struct dns_name above = name_of("a.test");
    struct dns_name other = name_of("ba.test");
    ck_assert(dns_wire_is_within(dns_name_slice(&name), dns_name_slice(&above)));
    ck_assert(dns_wire_is_within(dns_name_slice(&name), SLICE("\0")));
    ck_assert(dns_wire_is_within(dns_name_slice(&name), dns_name_slice(&name)));
    ck_assert(!dns_wire_is_within(dns_name_slice(&above), dns_name_slice(&name)));
    ck_assert(!dns_wire_is_within(dns_name_slice(&other), dns_name_slice(&above)));
    ck_assert_uint_eq(dns_wire_labels(dns_name_slice(&name)), 3);
    ck_assert(slice_equal(dns_wire_parent(dns_name_slice(&name)), dns_name_slice(&above)));
    ck_assert(dns_wire_is_root(dns_wire_parent(SLICE("\0"))));
}
END_TEST

/* The example of RFC 4034 section 6.1. */
START_TEST(test_canonical_order)
{
    static const char *const ORDER[] = {
        "example",   "a.example",       "yljkjljk.a.example", "Z.a.example",     "zABC.a.EXAMPLE",
        "z.example", "\\001.z.example", "*.z.example",        "\\200.z.example",
    };
    for (size_t i = 0; i + 1 < sizeof ORDER / sizeof ORDER[0]; i++) {
        struct dns_name a = name_of(ORDER[i]);
        struct dns_name b = name_of(ORDER[i + 1]);
        ck_assert_int_lt(dns_wire_compare(dns_name_slice(&a), dns_name_slice(&b)), 0);
        ck_assert_int_gt(dns_wire_compare(dns_name_slice(&b), dns_name_slice(&a)), 0);
        ck_assert_int_eq(dns_wire_compare(dns_name_slice(&a), dns_name_slice(&a)), 0);
    }
}
END_TEST

UNIT_MAIN(test_text_to_wire_and_back, test_what_is_no_name, test_wire_that_is_cut_or_compressed,
          test_ancestors, test_canonical_order)
