#include "sim/dns/dns_receiver.h"

#include "tests/unit/sim/dns/dns_test.h"

#include "mta-under-test/base/poison.h"

#define ZONES                                                                            \
    "\"zones\": { \"a.test\": [ \"@ MX 10 mx\", \"@ MX 0 .\", \"mx A 192.0.2.1\", "      \
    "\"mx AAAA 2001:db8::1\", \"@ TXT \\\"v=spf1 \\\" \\\"-all\\\"\", \"@ TXT other\", " \
    "\"alias CNAME mx\", \"_25._tcp.mx TLSA 3 1 1 0102\", \"self CNAME self\" ], "       \
    "\"2.0.192.in-addr.arpa\": [ \"1 PTR mx.a.test.\" ] }, \"signed\": [ \"a.test\" ]"

static const struct dns_answer *ask_receiver(struct dns_receiver *receiver, enum dns_type type,
                                             const char *name)
{
    struct dns_resolver resolver = dns_receiver_at(receiver, ASK_START_US);
    return dns_lookup(&resolver, type, slice_of(name));
}

static void expect_status(struct dns_receiver *receiver, const char *name, enum dns_status status)
{
    ck_assert_str_eq(dns_status_name(ask_receiver(receiver, DNS_TYPE_A, name)->status),
                     dns_status_name(status));
}

START_TEST(test_records_of_each_type)
{
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    const struct dns_answer_options options = {.start_us = ASK_START_US, .seed = 1};
    struct dns_receiver *receiver = dns_receiver_new(model, &options);
    const struct dns_answer *answer = ask_receiver(receiver, DNS_TYPE_A, "alias.A.test.");
    ck_assert_int_eq((int)answer->status, DNS_OK);
    ck_assert(answer->authenticated);
    ck_assert_uint_eq(answer->count, 1);
    ck_assert_mem_eq(answer->records[0].address, "\300\0\2\1", 4);
    answer = ask_receiver(receiver, DNS_TYPE_AAAA, "mx.a.test");
    ck_assert_mem_eq(answer->records[0].address, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    answer = ask_receiver(receiver, DNS_TYPE_MX, "a.test");
    ck_assert_uint_eq(answer->count, 2);
    ck_assert_uint_eq(answer->records[0].preference, 10);
    ck_assert(slice_is(answer->records[0].data, "mx.a.test"));
    ck_assert(slice_is(answer->records[1].data, ""));
    answer = ask_receiver(receiver, DNS_TYPE_TXT, "a.test");
    ck_assert_uint_eq(answer->count, 2);
    ck_assert(slice_is(answer->records[0].data, "v=spf1 -all"));
    answer = ask_receiver(receiver, DNS_TYPE_PTR, "1.2.0.192.in-addr.arpa");
    ck_assert(slice_is(answer->records[0].data, "mx.a.test"));
    ck_assert(!answer->authenticated);
    answer = ask_receiver(receiver, DNS_TYPE_TLSA, "_25._tcp.mx.a.test");
    ck_assert(slice_equal(answer->records[0].data, SLICE("\3\1\1\1\2")));
    answer = ask_receiver(receiver, DNS_TYPE_SOA, "a.test");
    ck_assert_int_eq((int)answer->status, DNS_OK);
    answer = ask_receiver(receiver, DNS_TYPE_SOA, "mx.a.test");
    ck_assert_int_eq((int)answer->status, DNS_NODATA);
    answer = ask_receiver(receiver, DNS_TYPE_TXT, "mx.a.test");
    ck_assert_int_eq((int)answer->status, DNS_NODATA);
    expect_status(receiver, "nope.a.test", DNS_NXDOMAIN);
    expect_status(receiver, "other.test", DNS_NXDOMAIN);
    expect_status(receiver, "self.a.test", DNS_SERVFAIL);
    dns_receiver_free(&receiver);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_faults)
{
    struct dns_model *model =
        ask_scenario("{ " ZONES ", \"faults\": ["
                     " { \"name\": \"servfail.*\", \"answer\": \"servfail\" },"
                     " { \"name\": \"none.*\", \"answer\": \"none\" },"
                     " { \"name\": \"id.*\", \"answer\": \"wrong-id\" },"
                     " { \"name\": \"loop.*\", \"answer\": \"cname-loop\" },"
                     " { \"name\": \"tcp.*\", \"answer\": \"truncate\" },"
                     " { \"name\": \"tcp.*\", \"answer\": \"tcp-refused\" },"
                     " { \"name\": \"mx.*\", \"answer\": \"truncate\" },"
                     " { \"name\": \"alias.*\", \"answer\": \"refused\", \"times\": 1 } ] }");
    const struct dns_answer_options options = {.start_us = ASK_START_US, .seed = 1};
    struct dns_receiver *receiver = dns_receiver_new(model, &options);
    struct dns_answerer *answerer = ask_answerer(model, 1);
    expect_status(receiver, "servfail.a.test", DNS_SERVFAIL);
    expect_status(receiver, "none.a.test", DNS_TIMEOUT);
    expect_status(receiver, "id.a.test", DNS_TIMEOUT);
    expect_status(receiver, "loop.a.test", DNS_SERVFAIL);
    expect_status(receiver, "tcp.a.test", DNS_TIMEOUT);
    expect_status(receiver, "mx.a.test", DNS_OK);
    /* What is used up here is not used up for others. */
    expect_status(receiver, "alias.a.test", DNS_SERVFAIL);
    expect_status(receiver, "alias.a.test", DNS_OK);
    ask_expect(answerer, "alias.a.test", "A", 0, "REFUSED ra");
    dns_answerer_free(&answerer);
    dns_receiver_free(&receiver);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_name_of_a_client)
{
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    const struct dns_answer_options options = {.start_us = ASK_START_US, .seed = 1};
    struct dns_receiver *receiver = dns_receiver_new(model, &options);
    struct address client;
    ck_assert_int_eq(address_from_text(SLICE("192.0.2.1"), &client), 0);
    ck_assert_str_eq(dns_receiver_client_name(receiver, &client, ASK_START_US), "mx.a.test");
    ck_assert_int_eq(address_from_text(SLICE("192.0.2.2"), &client), 0);
    ck_assert_ptr_null(dns_receiver_client_name(receiver, &client, ASK_START_US));
    ck_assert_int_eq(address_from_text(SLICE("2001:db8::1"), &client), 0);
    ck_assert_ptr_null(dns_receiver_client_name(receiver, &client, ASK_START_US));
    dns_receiver_free(&receiver);
    dns_model_free(&model);
}
END_TEST

static void expect_remembered(struct dns_receiver *receiver)
{
    struct dns_resolver resolver = dns_receiver_at(receiver, ASK_START_US);
    const struct dns_answer *answer = dns_lookup(&resolver, DNS_TYPE_A, SLICE("mx.a.test"));
    ck_assert_ptr_eq(dns_lookup(&resolver, DNS_TYPE_A, SLICE("MX.a.test")), answer);
}

START_TEST(test_an_answer_holds_until_a_zone_changes)
{
    static const char *const NEW[] = {"mx A 192.0.2.7"};
    struct err err;
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    const struct dns_answer_options options = {.start_us = ASK_START_US, .seed = 1};
    struct dns_receiver *receiver = dns_receiver_new(model, &options);
    const struct dns_answer *first = ask_receiver(receiver, DNS_TYPE_A, "mx.a.test");
    expect_remembered(receiver);
    ck_assert_uint_eq(first->records[0].address[3], 1);
    struct dns_resolver resolver = dns_receiver_at(receiver, ASK_START_US);
    ck_assert_int_eq(dns_model_replace_records(model, "a.test", NEW, 1, &err), 0);
    const struct dns_answer *answer = dns_lookup(&resolver, DNS_TYPE_A, SLICE("mx.a.test"));
    ck_assert_uint_eq(answer->records[0].address[3], 7);
    ck_assert_uint_eq(first->records[0].address[3], 1);
    answer = ask_receiver(receiver, DNS_TYPE_A, "mx.a.test");
    ck_assert_uint_eq(answer->records[0].address[3], 7);
    expect_remembered(receiver);
    ck_assert_int_eq(dns_model_remove(model, "a.test", "mx", "A", &err), 0);
    expect_status(receiver, "mx.a.test", DNS_NODATA);
    dns_receiver_free(&receiver);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_what_is_remembered_has_a_limit)
{
    char name[32];
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    const struct dns_answer_options options = {.start_us = ASK_START_US, .seed = 1};
    struct dns_receiver *receiver = dns_receiver_new(model, &options);
    const struct dns_answer *first = ask_receiver(receiver, DNS_TYPE_A, "mx.a.test");
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d.a.test", i);
        expect_status(receiver, name, DNS_NXDOMAIN);
    }
    /* Whoever is asked for first now takes the place that the first answer had. */
    expect_status(receiver, "nope.a.test", DNS_NXDOMAIN);
    const struct dns_answer *again = ask_receiver(receiver, DNS_TYPE_A, "mx.a.test");
    ck_assert_ptr_ne(again, first);
    ck_assert_uint_eq(again->records[0].address[3], 1);
    dns_receiver_free(&receiver);
    dns_model_free(&model);
}
END_TEST

UNIT_MAIN(test_an_answer_holds_until_a_zone_changes, test_what_is_remembered_has_a_limit,
          test_name_of_a_client, test_records_of_each_type, test_faults)
