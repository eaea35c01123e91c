/* Ranges, rates, windows, patterns, addresses, templates, sequences. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/value/address.h"
#include "sim/value/parameters.h"
#include "sim/value/range.h"
#include "sim/value/template.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct spec_document *document;
static struct err err;

/* The value of {"v": VALUE}. */
static struct spec value_of(const char *json)
{
    char text[2000];
    struct spec spec;
    snprintf(text, sizeof text, "{\"v\": %s}", json);
    spec_document_free(&document);
    document = spec_document_parse("x.json", slice_of(text), &err);
    ck_assert_msg(document != NULL, "%s", err.text);
    ck_assert(spec_get(spec_root(document), "v", &spec));
    return spec;
}

static void done(void)
{
    spec_document_free(&document);
    arena_deinit(&arena);
}

START_TEST(test_ranges_include_both_ends)
{
    static const struct {
        const char *json;
        int64_t min;
        int64_t max;
        const char *words;
    } CASES[] = {
        {"5", 5, 5, "exactly 5"},
        {"\"5\"", 5, 5, "exactly 5"},
        {"\"2..6\"", 2, 6, "2 to 6"},
        {"\"..3\"", INT64_MIN, 3, "at most 3"},
        {"\"1..\"", 1, INT64_MAX, "at least 1"},
        {"\">=5\"", 5, INT64_MAX, "at least 5"},
        {"\">5\"", 6, INT64_MAX, "at least 6"},
        {"\"<= 10\"", INT64_MIN, 10, "at most 10"},
        {"\"<10\"", INT64_MIN, 9, "at most 9"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct range range;
        ck_assert_int_eq(range_read(value_of(CASES[i].json), &range, &err), 0);
        ck_assert_int_eq(range.min, CASES[i].min);
        ck_assert_int_eq(range.max, CASES[i].max);
        ck_assert_str_eq(range_to_text(range, &arena), CASES[i].words);
        if (range.max != INT64_MAX)
            ck_assert(range_holds(range, range.max) && !range_holds(range, range.max + 1));
    }
    done();
}
END_TEST

START_TEST(test_ranges_of_spans_shares_and_sizes)
{
    struct range range;
    ck_assert_int_eq(range_read_span(value_of("\"5m..2h\""), &range, &err), 0);
    ck_assert_str_eq(range_span_to_text(range, &arena), "5m to 2h");
    ck_assert_int_eq(range.max, 2 * TIME_HOUR);
    ck_assert_int_eq(range_read_share(value_of("\">=99.5%\""), &range, &err), 0);
    ck_assert_int_eq(range.min, 995000);
    ck_assert_str_eq(range_share_to_text(range, &arena), "at least 99.5%");
    ck_assert_int_eq(range_read_size(value_of("\"<=25MB\""), &range, &err), 0);
    ck_assert_int_eq(range.max, 25000000);
    ck_assert_int_eq(range_read_size(value_of("1000"), &range, &err), 0);
    ck_assert_int_eq(range.min, 1000);
    done();
}
END_TEST

START_TEST(test_wrong_ranges_are_refused)
{
    struct range range;
    static const char *const CASES[] = {"\"..\"",   "\"a..b\"", "\"\"",   "true",
                                        "\"1..x\"", "1.5",      "\">=\"", "\"1...5\""};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        ck_assert_int_eq(range_read(value_of(CASES[i]), &range, &err), -1);
    ck_assert_int_eq(range_read(value_of("\"6..2\""), &range, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $.v: \"6..2\" holds for nothing: its beginning lies "
                               "behind its end");
    ck_assert_int_eq(range_read_span(value_of("\"5..10\""), &range, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $.v: expected a range of durations like \"5m..2h\", "
                               "\">=10m\" or \"..1d\", found \"5..10\"");
    done();
}
END_TEST

START_TEST(test_rates)
{
    struct rate rate;
    ck_assert_int_eq(rate_read(value_of("\"100/1m\""), &rate, &err), 0);
    ck_assert_int_eq(rate.count, 100);
    ck_assert_int_eq(rate.window_us, TIME_MINUTE);
    static const struct {
        const char *json;
        const char *error;
    } WRONG[] = {
        {"100", "expected a rate like \"100/1m\", found the number 100"},
        {"\"100\"", "found \"100\": no \"/\" stands between how many and in which time"},
        {"\"/1m\"", "found \"/1m\": \"\" before the \"/\" is no whole number"},
        {"\"a/1m\"", "found \"a/1m\": \"a\" before the \"/\" is no whole number"},
        {"\"-5/1m\"", "found \"-5/1m\": \"-5\" before the \"/\" is no whole number"},
        {"\"100/0\"", "found \"100/0\": the time behind the \"/\", 0, must be longer than nothing"},
        {"\"9/soon\"", "found \"9/soon\": \"soon\" behind the \"/\" is no duration like \"1m\""},
        {"\"2000000000/1s\"", "2000000000 is more than 1000000000, the most that is counted"},
        {"\"99999999999999999999/1s\"", "is more than 1000000000, the most that is counted"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        ck_assert_int_eq(rate_read(value_of(WRONG[i].json), &rate, &err), -1);
        ck_assert_msg(strstr(err.text, WRONG[i].error) != NULL, "%s", err.text);
    }
    done();
}
END_TEST

START_TEST(test_windows_since_the_start_and_by_day)
{
    struct window window;
    ck_assert_int_eq(window_read(value_of("\"10m..2h\""), &window, &err), 0);
    ck_assert(!window_holds(&window, 0, 10 * TIME_MINUTE - 1));
    ck_assert(window_holds(&window, 0, 10 * TIME_MINUTE));
    ck_assert(!window_holds(&window, 0, 2 * TIME_HOUR));
    ck_assert_int_eq(window_read(value_of("\"1h..\""), &window, &err), 0);
    ck_assert(window_holds(&window, 0, 100 * TIME_DAY));
    ck_assert_int_eq(window_read(value_of("\"22:00..06:00\""), &window, &err), 0);
    ck_assert(window_holds(&window, 3 * TIME_DAY + 23 * TIME_HOUR, 0));
    ck_assert(window_holds(&window, 3 * TIME_DAY + 5 * TIME_HOUR, 0));
    ck_assert(!window_holds(&window, 3 * TIME_DAY + 6 * TIME_HOUR, 0));
    static const char *const WRONG[] = {"\"2h\"",           "\"2h..1h\"",     "\"..\"",      "5",
                                        "\"25:00..26:00\"", "\"8:00..8:00\"", "\"8:0..9:0\""};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        ck_assert_int_eq(window_read(value_of(WRONG[i]), &window, &err), -1);
    done();
}
END_TEST

START_TEST(test_patterns)
{
    static const struct {
        const char *json;
        const char *text;
        bool matches;
    } CASES[] = {
        {"\"bob@a.test\"", "Bob@A.test", true},
        {"\"bob@a.test\"", "bob@a.test.", false},
        {"\"full-*@a.test\"", "full-ann@a.test", true},
        {"\"full-*@a.test\"", "full@a.test", false},
        {"\"*\"", "", true},
        {"\"a?c\"", "abc", true},
        {"\"a?c\"", "ac", false},
        {"\"*a*b*c\"", "xxaxbxbxc", true},
        {"\"/^u[0-9]+@/\"", "U12@a.test", true},
        {"\"/^u[0-9]+@/\"", "uX@a.test", false},
        {"[\"a\", \"b\"]", "b", true},
        {"[\"*\", \"!b*\"]", "bob", false},
        {"[\"!b*\"]", "ann", true},
        {"[\"!b*\"]", "bob", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct pattern *pattern = NULL;
        ck_assert_int_eq(pattern_read(value_of(CASES[i].json), &arena, &pattern, &err), 0);
        ck_assert_msg(pattern_matches(pattern, slice_of(CASES[i].text)) == CASES[i].matches,
                      "%s %s", CASES[i].json, CASES[i].text);
        pattern_release(pattern);
    }
    ck_assert(pattern_matches(NULL, SLICE("x")));
    done();
}
END_TEST

START_TEST(test_patterns_match_only_their_slice)
{
    struct pattern *pattern = NULL;
    ck_assert_int_eq(pattern_read(value_of("\"/b$/\""), &arena, &pattern, &err), 0);
    ck_assert(pattern_matches(pattern, slice_from("abc", 2)));
    ck_assert(!pattern_matches(pattern, slice_from("abc", 3)));
    pattern_release(pattern);
    done();
}
END_TEST

START_TEST(test_parameters_of_mail_and_rcpt)
{
    static const struct {
        const char *json;
        bool matches;
    } CASES[] = {
        {"{\"SMTPUTF8\": true}", true},   {"{\"smtputf8\": true, \"RET\": \"hdrs\"}", true},
        {"{\"RET\": \"FULL\"}", false},   {"{\"REQUIRETLS\": false}", true},
        {"{\"SMTPUTF8\": false}", false}, {"{\"NOTIFY\": \"*DELAY*\"}", true},
        {"{\"UTF8\": true}", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct parameters wanted = {0};
        ck_assert_int_eq(parameters_read(value_of(CASES[i].json), &arena, &wanted, &err), 0);
        ck_assert_msg(parameters_match(&wanted, "SIZE=1 SMTPUTF8 RET=HDRS", "NOTIFY=DELAY") ==
                          CASES[i].matches,
                      "%s", CASES[i].json);
        parameters_release(&wanted);
    }
    struct parameters none = {0};
    ck_assert_int_eq(parameters_read(value_of("{}"), &arena, &none, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "expected parameters of MAIL or RCPT"));
    done();
}
END_TEST

START_TEST(test_a_wrong_regular_expression_is_named)
{
    struct pattern *pattern = NULL;
    ck_assert_int_eq(pattern_read(value_of("[\"a\", \"/(/\"]"), &arena, &pattern, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "x.json:1: $.v[1]: \"/(/\" is no regular expression"));
    ck_assert_int_eq(pattern_read(value_of("\"/a\""), &arena, &pattern, &err), -1);
    ck_assert_int_eq(
        pattern_read(value_of("\"/(((a{1,99}){1,99}){1,99}){1,99}/\""), &arena, &pattern, &err),
        -1);
    ck_assert_ptr_nonnull(strstr(err.text, "multiply to more than 1000"));
    done();
}
END_TEST

START_TEST(test_a_connection_is_bound_to_its_source)
{
    struct address server;
    struct address source;
    struct address other;
    struct sockaddr_storage sa;
    socklen_t len = sizeof sa;
    uint16_t port = 0;
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), &server), 0);
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.9"), &source), 0);
    ck_assert_int_eq(address_from_text(SLICE("::1"), &other), 0);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    len = address_to_socket(&server, 0, &sa);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&sa, len), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&sa, &len), 0);
    address_from_socket((struct sockaddr *)&sa, &server, &port);
    int fd = address_connect(&server, port, &source);
    ck_assert_int_ge(fd, 0);
    len = sizeof sa;
    int taken = accept(listener, (struct sockaddr *)&sa, &len);
    ck_assert_int_ge(taken, 0);
    struct address seen;
    address_from_socket((struct sockaddr *)&sa, &seen, &port);
    ck_assert(address_equal(&seen, &source));
    close(taken);
    close(fd);
    close(listener);
    ck_assert_int_eq(address_connect(&server, 25, &other), -1);
    ck_assert_int_eq(errno, EAFNOSUPPORT);
    /* An address of nobody here (RFC 5737). */
    ck_assert_int_eq(address_from_text(SLICE("192.0.2.77"), &source), 0);
    ck_assert_int_eq(address_connect(&server, 25, &source), -1);
    ck_assert_int_eq(errno, EADDRNOTAVAIL);
}
END_TEST

START_TEST(test_ports_of_a_source_are_taken_in_turn)
{
    struct address server;
    struct sockaddr_storage sa;
    uint16_t ports[3];
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), &server), 0);
    for (size_t i = 0; i < 3; i++) {
        socklen_t len = sizeof sa;
        struct address seen;
        int fd = address_connect(&server, 9, &server);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
        address_from_socket((struct sockaddr *)&sa, &seen, &ports[i]);
        close(fd);
    }
    ck_assert_uint_lt(ports[0], ports[1]);
    ck_assert_uint_lt(ports[1], ports[2]);
    ck_assert_uint_lt(ports[2], 20000 + 1000); /* and near to each other */
}
END_TEST

START_TEST(test_addresses_go_both_ways)
{
    static const char *const TEXTS[] = {"198.18.1.1", "2001:db8:18:1::1", "::1", "::"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct address address;
        struct address back;
        struct sockaddr_storage sa;
        uint16_t port = 0;
        char text[ADDRESS_TEXT_BYTES];
        ck_assert_int_eq(address_from_text(slice_of(TEXTS[i]), &address), 0);
        ck_assert_str_eq(address_to_text(&address, text), TEXTS[i]);
        socklen_t len = address_to_socket(&address, 25, &sa);
        ck_assert_uint_eq(len, i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        address_from_socket((struct sockaddr *)&sa, &back, &port);
        ck_assert(address_equal(&address, &back));
        ck_assert_uint_eq(port, 25);
    }
    struct address address;
    static const char *const WRONG[] = {"",  "198.18.1", "1.2.3.256",
                                        "x", "1.2.3.4 ", "2001::db8::1"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        ck_assert_int_eq(address_from_text(slice_of(WRONG[i]), &address), -1);
    ck_assert_int_eq(address_from_text(slice_from("1.2.3.45", 7), &address), 0);
    char text[ADDRESS_TEXT_BYTES];
    ck_assert_str_eq(address_to_text(&address, text), "1.2.3.4");
    done();
}
END_TEST

START_TEST(test_reverse_names)
{
    struct buf name;
    struct address address;
    buf_init(&name, 200);
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.2"), &address), 0);
    address_to_reverse_name(&address, &name);
    ck_assert_str_eq(buf_text(&name), "2.0.0.127.in-addr.arpa");
    buf_reset(&name);
    ck_assert_int_eq(address_from_text(SLICE("2001:db8::1"), &address), 0);
    address_to_reverse_name(&address, &name);
    ck_assert_str_eq(buf_text(&name), "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0."
                                      "0.2.ip6.arpa");
    buf_deinit(&name);
}
END_TEST

START_TEST(test_prefixes_hold_their_addresses)
{
    static const struct {
        const char *prefix;
        const char *address;
        bool holds;
    } CASES[] = {
        {"192.0.2.0/24", "192.0.2.255", true},    {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.4/30", "192.0.2.7", true},      {"192.0.2.4/30", "192.0.2.8", false},
        {"0.0.0.0/0", "1.2.3.4", true},           {"0.0.0.0/0", "2001:db8::1", false},
        {"2001:db8::/32", "2001:db8:1::1", true}, {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct prefix prefix;
        struct address address;
        ck_assert_int_eq(prefix_from_text(slice_of(CASES[i].prefix), &prefix), 0);
        ck_assert_int_eq(address_from_text(slice_of(CASES[i].address), &address), 0);
        ck_assert(prefix_holds(&prefix, &address) == CASES[i].holds);
    }
    struct prefix prefix;
    ck_assert_int_eq(prefix_from_text(SLICE("192.0.2.0/33"), &prefix), -1);
    ck_assert_int_eq(prefix_read(value_of("\"192.0.2.1/24\""), &prefix, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $.v: \"192.0.2.1/24\" has bits behind its prefix; did "
                               "you mean \"192.0.2.0/24\"?");
    struct address address;
    char text[ADDRESS_TEXT_BYTES];
    ck_assert_int_eq(address_from_text(SLICE("192.0.2.77"), &address), 0);
    struct address masked = address_mask(&address, 24);
    ck_assert_str_eq(address_to_text(&masked, text), "192.0.2.0");
    done();
}
END_TEST

static const char *lookup(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "source-ip") == 0 ? "192.0.2.10" : NULL;
}

START_TEST(test_templates)
{
    static const char *const NAMES[] = {"source-ip", "recipient", NULL};
    struct buf out;
    buf_init(&out, 200);
    struct spec spec = value_of("1");
    ck_assert_int_eq(template_check(spec, "421 {source-ip} {{x}}", NAMES, &err), 0);
    template_fill(&out, "421 from {source-ip} {{x}} {other} }", lookup, NULL);
    ck_assert_str_eq(buf_text(&out), "421 from 192.0.2.10 {x} {other} }");
    buf_deinit(&out);
    ck_assert_int_eq(template_check(spec, "{source_ip}", NAMES, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $.v: \"{source_ip}\": no such name here; did you mean "
                               "\"{source-ip}\"?");
    ck_assert_int_eq(template_check(spec, "x {y", NAMES, &err), -1);
    ck_assert_int_eq(template_check(spec, "x } y", NAMES, &err), -1);
    done();
}
END_TEST

START_TEST(test_sequences)
{
    struct buf out;
    buf_init(&out, 200);
    struct spec spec = value_of("1");
    ck_assert_uint_eq(sequence_count(spec, "bob@a.test", 10, &err), 1);
    ck_assert_uint_eq(sequence_count(spec, "user{1..5000}@a.test", 5000, &err), 5000);
    sequence_text(&out, "user{1..5000}@a.test", 41);
    ck_assert_str_eq(buf_text(&out), "user42@a.test");
    buf_reset(&out);
    sequence_text(&out, "u{001..100}@a.test", 0);
    ck_assert_str_eq(buf_text(&out), "u001@a.test");
    buf_deinit(&out);
    ck_assert_uint_eq(sequence_count(spec, "user{1..5001}@a.test", 5000, &err), 0);
    ck_assert_str_eq(err.text, "x.json:1: $.v: \"user{1..5001}@a.test\" stands for more than 5000 "
                               "texts");
    ck_assert_uint_eq(sequence_count(spec, "user{5..1}@a.test", 5000, &err), 0);
    ck_assert_uint_eq(sequence_count((struct spec){0}, "user{5..1}@a.test", 5000, NULL), 0);
    done();
}
END_TEST

UNIT_MAIN(test_a_connection_is_bound_to_its_source, test_ports_of_a_source_are_taken_in_turn,
          test_ranges_include_both_ends, test_ranges_of_spans_shares_and_sizes,
          test_wrong_ranges_are_refused, test_rates, test_windows_since_the_start_and_by_day,
          test_patterns, test_patterns_match_only_their_slice, test_parameters_of_mail_and_rcpt,
          test_a_wrong_regular_expression_is_named, test_addresses_go_both_ways, test_reverse_names,
          test_prefixes_hold_their_addresses, test_templates, test_sequences)
