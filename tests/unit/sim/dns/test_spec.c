#include "sim/dns/dns_record.h"
#include "sim/dns/dns_spec.h"

#include "tests/unit/sim/dns/dns_test.h"

#include "mta-under-test/base/poison.h"

/* The error of a "dns" object that is wrong. */
static void expect_error(const char *json, const char *expected)
{
    struct err err = {0};
    struct dns_model *model = dns_model_new();
    struct spec_document *document = spec_document_parse("test.json", slice_of(json), &err);
    ck_assert_ptr_nonnull(document);
    struct spec root = spec_root(document);
    if (dns_spec_parse(root, "fixtures/zones", ".", model, &err) == 0)
        ck_assert_int_eq(dns_spec_finish(root, model, &err), -1);
    if (strstr(err.text, expected) == NULL)
        ck_abort_msg("%s\nexpected: %s\nfound:    %s", json, expected, err.text);
    spec_document_free(&document);
    dns_model_free(&model);
}

/* The error of one record that is wrong; "" if it is none. */
static void expect_record(const char *record, const char *expected)
{
    struct err err = {0};
    struct dns_name origin;
    ldns_rr *rr = NULL;
    ck_assert_int_eq(dns_name_from_text(slice_of("a.test"), &origin), 0);
    int result = dns_record_parse(record, dns_name_slice(&origin), 3600, &rr, &err);
    if (strncmp(err.text, expected, strlen(expected)) != 0 || (result == 0) != (*expected == '\0'))
        ck_abort_msg("%s\nexpected: %s\nfound:    %s", record, expected, err.text);
    ldns_rr_free(rr);
}

START_TEST(test_what_is_wrong_with_a_record)
{
    expect_record("@ MX 10 mail", "");
    expect_record("@ 1h IN mx 10 mail", "");
    expect_record("@ 3600 IN TXT \"a; b\" \"c\"", "");
    expect_record("@ TXT a\\;b", "");
    expect_record("@ TYPE65280 \\# 2 0102", "");
    expect_record("_25._tcp.mail TLSA 3 1 1 0102 0304", "");
    expect_record("@ MXX 10 mail", "MXX: no such type of record; did you mean MX?");
    expect_record("@ DKIM \"x\"", "DKIM: no such type of record");
    expect_record("MX 10 mail", "the name in front of the type is missing");
    expect_record("mail", "the type and the data are missing");
    expect_record("@ MX mail", "PREFERENCE is a number from 0 to 65535, found mail; MX is "
                               "PREFERENCE HOST, as in: @ MX 10 mail; the record is: @ MX mail");
    expect_record("@ MX 65536 mail", "PREFERENCE is a number from 0 to 65535");
    expect_record("@ MX 10", "HOST is missing");
    expect_record("@ NS ns1 ns2", "nothing may follow the data, found ns2");
    expect_record("mail A 192.0.2", "ADDRESS is an IPv4 address, found 192.0.2");
    expect_record("mail A 2001:db8::1", "ADDRESS is an IPv4 address, and for IPv6 there is AAAA");
    expect_record("mail AAAA 192.0.2.1", "ADDRESS is an IPv6 address, and for IPv4 there is A");
    expect_record("@ TLSA 3 1 256 01", "MATCHING is a number from 0 to 255");
    expect_record("@ TLSA 3 1 1 0z", "HEX is an even count of hex digits");
    expect_record("@ TXT \"v=spf1 -all", "a quote has no end");
    expect_record("_dmarc TXT v=DMARC1; p=none", "what stands behind a \";\" outside of quotes");
}
END_TEST

START_TEST(test_all_parts)
{
    struct dns_model *model =
        ask_scenario("{ \"resolver\": \"sim\", \"ttl\": \"1m\", \"udp-size\": 600,"
                     "  \"zones\": { \"a.test\": [ \"@ MX 10 mail\", \"mail A 192.0.2.10\" ],"
                     "               \"bigmail.test\": \"bigmail.test.zone\" },"
                     "  \"signed\": [ \"a.test\" ],"
                     "  \"faults\": [ { \"name\": \"mail.a.test\", \"type\": \"A\", \"answer\": "
                     "\"servfail\" } ] }");
    ck_assert_uint_eq(model->ttl, 60);
    ck_assert_uint_eq(model->udp_bytes, 600);
    ck_assert_uint_eq(model->fault_count, 1);
    ck_assert(dns_model_has_record(model, "a.test", "MX"));
    ck_assert(dns_model_has_record(model, "_25._tcp.mx1.bigmail.test", "TLSA"));
    struct dns_answerer *answerer = ask_answerer(model, 1);
    ask_expect(answerer, "a.test", "MX", 0, "NOERROR ra\nan a.test. 60 IN MX 10 mail.a.test.");
    ask_expect(answerer, "mail.a.test", "A", 0, "SERVFAIL ra");
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_a_zone_file_of_the_project)
{
    struct dns_model *model =
        ask_scenario("{ \"zones\": { \"bigmail.test\": \"fixtures/zones/bigmail.test.zone\" } }");
    ck_assert(dns_model_has_record(model, "bigmail.test", "MX"));
    dns_model_free(&model);
}
END_TEST

START_TEST(test_errors_name_the_place)
{
    expect_error("{ \"zone\": {} }", "test.json:1: $.zone: unknown key");
    expect_error("{ \"zones\": [] }", "$.zones: expected an object of zones");
    expect_error("{ \"zones\": { \"a.test\": 5 } }", "expected an array of records");
    expect_error("{ \"zones\": { \"a..test\": [] } }", "is no domain name");
    expect_error("{ \"zones\": { \"a.test\": [],\n \"A.test.\": [] } }",
                 "test.json:2: $.zones[\"A.test.\"]: the zone A.test. is there already");
    expect_error("{ \"zones\": { \"a.test\": [ \"@ MX 10 mail\",\n \"mail A 192.0.2\" ] } }",
                 "test.json:2: $.zones[\"a.test\"][1]: ");
    expect_error("{ \"zones\": { \"a.test\": [ 5 ] } }", "$.zones[\"a.test\"][0]: ");
    expect_error("{ \"zones\": { \"a.test\": \"missing.zone\" } }",
                 "no such file: neither fixtures/zones/missing.zone nor ./missing.zone is there");
    expect_error("{ \"zones\": { \"a.test\": \".\" } }", "fixtures/zones/. is no ordinary file");
    expect_error("{ \"zones\": { \"a.test\": \"/dev/zero\" } }", "/dev/zero is no ordinary file");
    expect_error("{ \"zones\": { \"other.test\": \"bigmail.test.zone\" } }",
                 "bigmail.test.zone:10: bigmail.test is outside of the zone other.test");
    expect_error("{ \"resolver\": \"bind\" }", "$.resolver: ");
    expect_error("{ \"udp-size\": 100 }", "$[\"udp-size\"]: ");
    expect_error("{ \"ttl\": \"-5s\" }", "$.ttl: ");
    expect_error("{ \"signed\": [ \"a.test\" ] }", "$.signed[0]: there is no zone a.test");
    expect_error("{ \"signed\": \"a.test\" }", "$.signed");
    expect_error("{ \"faults\": [ { \"answer\": \"nodata\", \"name\": \"b.test\" },"
                 " { \"answer\": \"expired\", \"name\": \"a.test\" } ] }",
                 "$.faults[1]: can never happen: it strikes the signatures of zones, and none is");
    expect_error("{ \"faults\": {} }", "$.faults");
    expect_error("{ \"faults\": [ {} ] }", "$.faults[0]: says nothing that goes wrong");
    expect_error("{ \"faults\": [ { \"answer\": \"servfial\" } ] }", "\"servfail\"");
    expect_error("{ \"faults\": [ { \"answer\": \"none\", \"type\": \"AB\" } ] }",
                 "$.faults[0].type: \"AB\" is no record type");
    expect_error("{ \"faults\": [ { \"answer\": \"truncate\", \"transport\": \"tcp\" } ] }",
                 "can never happen");
    expect_error("{ \"faults\": [ { \"answer\": \"tcp-refused\", \"transport\": \"udp\" } ] }",
                 "can never happen");
    expect_error("{ \"faults\": [ { \"answer\": \"none\", \"name\": \"/(/\" } ] }",
                 "$.faults[0].name");
    expect_error("{ \"faults\": [ { \"answer\": \"none\", \"during\": \"x\" } ] }",
                 "$.faults[0].during");
    expect_error("{ \"faults\": [ { \"answer\": \"none\", \"probability\": \"x\" } ] }",
                 "$.faults[0].probability");
    expect_error("{ \"faults\": [ { \"answer\": \"none\", \"times\": 0 } ] }", "$.faults[0].times");
}
END_TEST

/* A fault that an earlier one leaves nothing to. */
START_TEST(test_hidden_faults)
{
    static const struct {
        const char *first;
        const char *later;
        bool hidden;
    } CASES[] = {
        {"", "\"name\": \"a.test\"", true},
        {"\"name\": \"a.test\"", "\"name\": \"a.test\", \"type\": \"A\"", true},
        {"\"type\": [\"A\", \"MX\"]", "\"type\": \"MX\"", true},
        {"\"type\": \"A\"", "\"type\": [\"A\", \"MX\"]", false},
        {"\"type\": \"A\"", "\"name\": \"a.test\"", false},
        {"\"name\": \"a.test\"", "", false},
        {"\"name\": \"a.test\"", "\"name\": \"b.test\"", false},
        {"\"during\": \"0s..1h\"", "", false},
        {"\"times\": 1", "", false},
        {"\"probability\": \"50%\"", "", false},
        {"\"transport\": \"udp\"", "", false},
        {"\"transport\": \"udp\"", "\"transport\": \"udp\"", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const char *first = CASES[i].first;
        const char *later = CASES[i].later;
        char *json =
            mem_text_format("{ \"faults\": [ { \"answer\": \"none\"%s%s },"
                            " { \"answer\": \"servfail\"%s%s } ] }",
                            *first != '\0' ? ", " : "", first, *later != '\0' ? ", " : "", later);
        if (CASES[i].hidden) {
            expect_error(json, "$.faults[1]: can never happen: $.faults[0] always decides");
        } else {
            struct dns_model *model = ask_scenario(json);
            dns_model_free(&model);
        }
        free(json);
    }
}
END_TEST

UNIT_MAIN(test_what_is_wrong_with_a_record, test_all_parts, test_a_zone_file_of_the_project,
          test_errors_name_the_place, test_hidden_faults)
