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
                 "zone file \"missing.zone\" is not there");
    expect_error("{ \"zones\": { \"a.test\": \".\" } }", "zone file \".\" is not there");
    expect_error("{ \"zones\": { \"a.test\": \"/dev/zero\" } }", "is not there");
    expect_error("{ \"zones\": { \"other.test\": \"bigmail.test.zone\" } }",
                 "bigmail.test.zone:10: bigmail.test is outside of the zone other.test");
    expect_error("{ \"resolver\": \"bind\" }", "$.resolver: ");
    expect_error("{ \"udp-size\": 100 }", "$[\"udp-size\"]: ");
    expect_error("{ \"ttl\": \"-5s\" }", "$.ttl: ");
    expect_error("{ \"signed\": [ \"a.test\" ] }", "$.signed[0]: there is no zone a.test");
    expect_error("{ \"signed\": \"a.test\" }", "$.signed");
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

UNIT_MAIN(test_all_parts, test_a_zone_file_of_the_project, test_errors_name_the_place,
          test_hidden_faults)
