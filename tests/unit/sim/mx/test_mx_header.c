#include "sim/mx/mx_header.h"

#include "tests/unit/unit.h"

/* The fields as "name=value;", where a value keeps its folding. */
static const struct {
    const char *header;
    const char *fields;
} CASES[] = {
    {"A: 1\r\nB: 2\r\n\r\nC: 3\r\n", "A=1;B=2;"},
    {"A: 1\nB:2\n\nC: 3\n", "A=1;B=2;"},
    {"A: 1\r\n 2\r\n\t3\r\nB: 4\r\n", "A=1\r\n 2\r\n\t3;B=4;"},
    {"A: 1\r\n \r\n 2\r\nB: 3\r\n", "A=1\r\n \r\n 2;B=3;"},
    {"A: 1\r\n 2", "A=1\r\n 2;"},
    {"A: 1\r\n ", "A=1;"},
    {" folded: 0\r\nA: 1\r\nno field\r\n: 2\r\nB :3", "A=1;B=3;"},
    {"\r\nA: 1\r\n", ""},
    {"\n", ""},
    {"", ""},
};

START_TEST(test_fields_come_one_after_the_other)
{
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct slice rest = slice_of(CASES[i].header);
        struct slice name;
        struct slice value;
        struct buf fields;
        buf_init(&fields, 1000);
        while (mx_header_next(&rest, &name, &value))
            buf_format(&fields, "%.*s=%.*s;", SLICE_ARG(name), SLICE_ARG(value));
        ck_assert_str_eq(buf_text(&fields), CASES[i].fields);
        buf_deinit(&fields);
    }
}
END_TEST

START_TEST(test_the_header_ends_with_its_empty_line)
{
    ck_assert_uint_eq(mx_header_len(SLICE("A: 1\r\n\r\nbody\r\n")), 8);
    ck_assert_uint_eq(mx_header_len(SLICE("A: 1\n\nbody\n")), 6);
    ck_assert_uint_eq(mx_header_len(SLICE("A: 1\r\n \r\nB: 2")), 13);
    ck_assert_uint_eq(mx_header_len(SLICE("\r\nbody")), 2);
}
END_TEST

START_TEST(test_the_first_field_of_a_name_is_found_without_case)
{
    const struct slice header = SLICE("From: a\r\nTo: b\r\nTO: c\r\n");
    struct slice found = mx_header_find(header, "to");
    ck_assert(slice_is(found, "b"));
    ck_assert_ptr_null(mx_header_find(header, "Subject").data);
}
END_TEST

UNIT_MAIN(test_fields_come_one_after_the_other, test_the_header_ends_with_its_empty_line,
          test_the_first_field_of_a_name_is_found_without_case)
