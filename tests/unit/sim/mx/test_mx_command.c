#include "sim/mx/mx_command.h"

#include "tests/unit/unit.h"

START_TEST(test_line_ends_at_crlf)
{
    struct mx_line line;
    ck_assert_int_eq(mx_line_next(SLICE("NOOP\r\nQUIT\r\n"), 100, &line), 1);
    ck_assert(slice_is(line.text, "NOOP"));
    ck_assert_uint_eq(line.consumed, 6);
    ck_assert(!line.bare_lf && !line.bare_cr);
}
END_TEST

START_TEST(test_line_notes_bare_line_ends)
{
    struct mx_line line;
    ck_assert_int_eq(mx_line_next(SLICE("NOOP\nQUIT\r\n"), 100, &line), 1);
    ck_assert(line.bare_lf);
    ck_assert(slice_is(line.text, "NOOP"));
    ck_assert_int_eq(mx_line_next(SLICE("NO\rOP\r\n"), 100, &line), 1);
    ck_assert(line.bare_cr);
    ck_assert_int_eq(mx_line_next(SLICE("\n"), 100, &line), 1);
    ck_assert_uint_eq(line.text.len, 0);
}
END_TEST

START_TEST(test_line_waits_and_gives_up)
{
    struct mx_line line;
    ck_assert_int_eq(mx_line_next(SLICE("NOOP\r"), 100, &line), 0);
    ck_assert_int_eq(mx_line_next(SLICE(""), 100, &line), 0);
    ck_assert_int_eq(mx_line_next(SLICE("AAAAAAAAAAAAAAAAAAAA"), 10, &line), -1);
}
END_TEST

START_TEST(test_command_is_split)
{
    struct mx_command command = mx_command_split(SLICE("mail FROM:<a@b.test> SIZE=1  "));
    ck_assert(slice_is(command.verb, "mail"));
    ck_assert(slice_is(command.args, "FROM:<a@b.test> SIZE=1"));
    command = mx_command_split(SLICE("QUIT "));
    ck_assert(slice_is(command.verb, "QUIT"));
    ck_assert_uint_eq(command.args.len, 0);
    command = mx_command_split(SLICE(""));
    ck_assert_uint_eq(command.verb.len, 0);
}
END_TEST

START_TEST(test_parameters)
{
    struct slice rest = SLICE(" SIZE=100 SMTPUTF8  BODY=8BITMIME");
    struct mx_parameter parameter;
    ck_assert_int_eq(mx_parameter_next(&rest, &parameter), 1);
    ck_assert(slice_is(parameter.key, "SIZE") && slice_is(parameter.value, "100"));
    ck_assert_int_eq(mx_parameter_next(&rest, &parameter), 1);
    ck_assert(slice_is(parameter.key, "SMTPUTF8") && parameter.value.len == 0);
    ck_assert_int_eq(mx_parameter_next(&rest, &parameter), 1);
    ck_assert(slice_is(parameter.value, "8BITMIME"));
    ck_assert_int_eq(mx_parameter_next(&rest, &parameter), 0);
}
END_TEST

START_TEST(test_bad_parameters)
{
    static const char *const BAD[] = {"=1", "-A=1", "SIZE=", "SIZE=1=2", "SI,ZE", "A=\t"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct slice rest = slice_of(BAD[i]);
        struct mx_parameter parameter;
        ck_assert_msg(mx_parameter_next(&rest, &parameter) == -1, "%s", BAD[i]);
    }
}
END_TEST

START_TEST(test_hello_names)
{
    static const struct {
        const char *name;
        bool valid;
    } NAMES[] = {
        {"mail.sender.test", true},
        {"localhost", true},
        {"[192.0.2.1]", true},
        {"[IPv6:2001:db8::1]", true},
        {"[2001:db8::1]", false},
        {"192.0.2.1", true},
        {"mail_1.test", false},
        {"-a.test", false},
        {"a-.test", false},
        {"a..test", false},
        {"a.test.", false},
        {".test", false},
        {"[192.0.2]", false},
        {"[]", false},
        {"a b", false},
        {"m\xc3\xbcller.test", true},
        {"", false},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        ck_assert_msg(mx_hello_name_is_valid(slice_of(NAMES[i].name)) == NAMES[i].valid, "%s",
                      NAMES[i].name);
}
END_TEST

UNIT_MAIN(test_line_ends_at_crlf, test_line_notes_bare_line_ends, test_line_waits_and_gives_up,
          test_command_is_split, test_parameters, test_bad_parameters, test_hello_names)
