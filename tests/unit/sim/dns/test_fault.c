#include "sim/dns/dns_fault.h"

#include "tests/unit/sim/dns/dns_test.h"

#include "mta-under-test/base/poison.h"

#define ZONES                                                                                     \
    "\"zones\": { \"a.test\": [ \"@ SOA ns hm 1 2 3 4 60\", \"@ MX 10 mx\", \"mx A 192.0.2.1\", " \
    "\"alias CNAME mx\", \"far CNAME www.b.test.\" ], \"b.test\": [ \"www A 192.0.2.2\" ] }"
#define SOA "ns a.test. 60 IN SOA ns.a.test. hm.a.test. 1 2 3 4 60"
#define MX_A "NOERROR ra\nan mx.a.test. 300 IN A 192.0.2.1"

static struct dns_model *model_with(const char *faults)
{
    char *json = mem_text_format("{ " ZONES ", \"faults\": [ %s ] }", faults);
    struct dns_model *model = ask_scenario(json);
    free(json);
    return model;
}

START_TEST(test_what_a_client_sees)
{
    static const struct {
        const char *fault;
        const char *udp;
        const char *tcp;
        const char *authoritative;
    } CASES[] = {
        {"\"answer\": \"right\"", MX_A, MX_A, "NOERROR aa\nan mx.a.test. 300 IN A 192.0.2.1"},
        {"\"answer\": \"servfail\"", "SERVFAIL ra", "SERVFAIL ra", "SERVFAIL"},
        {"\"answer\": \"refused\"", "REFUSED ra", "REFUSED ra", "REFUSED"},
        {"\"answer\": \"formerr\"", "FORMERR ra", "FORMERR ra", "FORMERR"},
        {"\"answer\": \"notimp\"", "NOTIMP ra", "NOTIMP ra", "NOTIMP"},
        {"\"answer\": \"nxdomain\"", "NXDOMAIN ra\n" SOA, "NXDOMAIN ra\n" SOA, "NXDOMAIN aa\n" SOA},
        {"\"answer\": \"nodata\"", "NOERROR ra\n" SOA, "NOERROR ra\n" SOA, "NOERROR aa\n" SOA},
        {"\"answer\": \"none\"", "silence", "silence", "silence"},
        {"\"answer\": \"truncate\"", "NOERROR tc ra", MX_A, "NOERROR tc"},
        {"\"answer\": \"tcp-refused\"", MX_A, "reset",
         "NOERROR aa\nan mx.a.test. 300 IN A 192.0.2.1"},
        {"\"answer\": \"cname-loop\"", "NOERROR ra\nan mx.a.test. 300 IN CNAME mx.a.test.",
         "NOERROR ra\nan mx.a.test. 300 IN CNAME mx.a.test.",
         "NOERROR aa\nan mx.a.test. 300 IN CNAME mx.a.test."},
        {"\"answer\": \"lame\"", "NOERROR ra\nns . 300 IN NS ns.nameservers.test.",
         "NOERROR ra\nns . 300 IN NS ns.nameservers.test.",
         "NOERROR\nns . 300 IN NS ns.nameservers.test."},
        {"\"ttl\": \"0\"", "NOERROR ra\nan mx.a.test. 0 IN A 192.0.2.1",
         "NOERROR ra\nan mx.a.test. 0 IN A 192.0.2.1",
         "NOERROR aa\nan mx.a.test. 0 IN A 192.0.2.1"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *fault = mem_text_format("{ \"name\": \"mx.*\", %s }", CASES[i].fault);
        struct dns_model *model = model_with(fault);
        struct dns_answerer *answerer = ask_answerer(model, 1);
        ask_expect(answerer, "mx.a.test", "A", 0, CASES[i].udp);
        ask_expect(answerer, "mx.a.test", "A", ASK_TCP, CASES[i].tcp);
        ask_expect(answerer, "mx.a.test", "A", ASK_AUTHORITATIVE, CASES[i].authoritative);
        if (strstr(CASES[i].fault, "truncate") != NULL)
            ask_expect(answerer, "mx.a.test", "A", ASK_AD, "NOERROR tc ra");
        /* Other names are right. */
        ask_expect(answerer, "a.test", "MX", 0, "NOERROR ra\nan a.test. 300 IN MX 10 mx.a.test.");
        free(fault);
        dns_answerer_free(&answerer);
        dns_model_free(&model);
    }
}
END_TEST

static struct slice ask_faulty(struct dns_answerer *answerer, struct buf *query)
{
    struct dns_outcome outcome;
    buf_reset(query);
    ask_bytes("mx.a.test", "A", 0, query);
    ask_outcome(answerer, buf_slice(query), 0, 0, &outcome);
    ck_assert_ptr_nonnull(outcome.fault);
    ck_assert_str_eq(outcome.fault->place, "$.faults[0]");
    return outcome.reply;
}

START_TEST(test_spoiled_messages)
{
    static const char *const ANSWERS[] = {"wrong-id", "wrong-name", "cut", "garbage"};
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        char *fault = mem_text_format("{ \"answer\": \"%s\" }", ANSWERS[i]);
        struct dns_model *model = model_with(fault);
        struct dns_answerer *answerer = ask_answerer(model, 1);
        struct buf query;
        struct buf text;
        buf_init(&query, 1000);
        buf_init(&text, 10000);
        struct slice reply = ask_faulty(answerer, &query);
        ask_text(i != 3 ? reply : slice_first(reply, 0), &text);
        if (i == 0) {
            ck_assert_str_eq(buf_text(&text), MX_A);
            ck_assert_int_ne(memcmp(reply.data, query.data, 2), 0);
        } else if (i == 1) {
            ck_assert_str_eq(buf_text(&text), "NOERROR ra\nan xx.a.test. 300 IN A 192.0.2.1");
        } else {
            ck_assert(strncmp(buf_text(&text), "not a message", 13) == 0);
            ck_assert_uint_gt(reply.len, 12);
        }
        buf_deinit(&text);
        buf_deinit(&query);
        free(fault);
        dns_answerer_free(&answerer);
        dns_model_free(&model);
    }
}
END_TEST

START_TEST(test_servers_that_do_not_know_edns)
{
    static const struct {
        const char *answer;
        const char *with_opt;
    } CASES[] = {{"opt-formerr", "FORMERR ra"}, {"badvers", "BADVERS ra"}, {"no-edns", MX_A}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *fault = mem_text_format("{ \"answer\": \"%s\" }", CASES[i].answer);
        struct dns_model *model = model_with(fault);
        struct dns_answerer *answerer = ask_answerer(model, 1);
        ask_expect(answerer, "mx.a.test", "A", 0, MX_A);
        ask_expect(answerer, "mx.a.test", "A", ASK_EDNS_4096, CASES[i].with_opt);
        free(fault);
        dns_answerer_free(&answerer);
        dns_model_free(&model);
    }
}
END_TEST

START_TEST(test_without_edns_512_bytes_are_the_most)
{
    struct dns_model *model = model_with("{ \"answer\": \"no-edns\" }");
    for (int i = 0; i < 60; i++) {
        char *record = mem_text_format("many A 192.0.2.%d", i);
        ask_add(model, "a.test", record);
        free(record);
    }
    struct dns_answerer *answerer = ask_answerer(model, 1);
    ask_expect(answerer, "many.a.test", "A", ASK_EDNS_4096, "NOERROR tc ra");
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_the_letters_of_a_name)
{
    struct dns_model *model = model_with("{ \"name\": \"mx.*\", \"answer\": \"wrong-case\" }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    struct dns_outcome outcome;
    struct buf query;
    buf_init(&query, 4096);
    ask_bytes("Mx.a.TEST", "A", 0, &query);
    ask_outcome(answerer, buf_slice(&query), 0, 0, &outcome);
    ck_assert_mem_eq(outcome.reply.data + DNS_HEADER_BYTES, "\2mx\1a\4test", 11);
    /* Without the fault they come back as they went out. */
    buf_reset(&query);
    ask_bytes("AliaS.a.TEST", "A", 0, &query);
    ask_outcome(answerer, buf_slice(&query), 0, 0, &outcome);
    ck_assert_mem_eq(outcome.reply.data + DNS_HEADER_BYTES, "\5AliaS\1a\4TEST", 14);
    buf_deinit(&query);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_type_window_and_count)
{
    struct dns_model *model = model_with(
        "{ \"name\": \"mx.a.test\", \"type\": [\"AAAA\", \"TXT\"], \"answer\": \"servfail\" },"
        "{ \"name\": \"mx.a.test\", \"answer\": \"refused\", \"during\": \"10m..2h\" },"
        "{ \"name\": \"mx.a.test\", \"answer\": \"nxdomain\", \"times\": 2 },"
        "{ \"name\": \"mx.a.test\", \"answer\": \"notimp\", \"transport\": \"tcp\" }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    ask_expect(answerer, "mx.a.test", "AAAA", 0, "SERVFAIL ra");
    ask_expect(answerer, "mx.a.test", "TXT", 0, "SERVFAIL ra");
    ask_expect_at(answerer, "MX.a.test", "A", 0, 10 * TIME_MINUTE, "REFUSED ra");
    ask_expect_at(answerer, "mx.a.test", "A", 0, 2 * TIME_HOUR - 1, "REFUSED ra");
    ask_expect_at(answerer, "mx.a.test", "A", 0, 2 * TIME_HOUR, "NXDOMAIN ra\n" SOA);
    ask_expect(answerer, "mx.a.test", "A", 0, "NXDOMAIN ra\n" SOA);
    ask_expect(answerer, "mx.a.test", "A", 0, MX_A);
    ask_expect(answerer, "mx.a.test", "A", ASK_TCP, "NOTIMP ra");
    dns_answerer_free(&answerer);
    /* Another answerer starts afresh. */
    answerer = ask_answerer(model, 1);
    ask_expect(answerer, "mx.a.test", "A", 0, "NXDOMAIN ra\n" SOA);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* How many of 1,000 queries fail, and which, as a number. */
static unsigned count_failures(struct dns_model *model, uint64_t seed, uint64_t *pattern)
{
    struct dns_answerer *answerer = ask_answerer(model, seed);
    unsigned failures = 0;
    *pattern = 0;
    for (int i = 0; i < 1000; i++) {
        char *text = ask_at(answerer, "mx.a.test", "A", 0, 0);
        unsigned failed = strcmp(text, "SERVFAIL ra") == 0 ? 1 : 0;
        failures += failed;
        *pattern = (*pattern ^ failed) * 0x100000001b3u + 1;
        free(text);
    }
    dns_answerer_free(&answerer);
    return failures;
}

START_TEST(test_chance_is_drawn_from_the_seed)
{
    struct dns_model *model = model_with("{ \"answer\": \"servfail\", \"probability\": \"20%\" }");
    uint64_t first;
    uint64_t again;
    uint64_t other;
    unsigned failures = count_failures(model, 1, &first);
    ck_assert_uint_gt(failures, 150);
    ck_assert_uint_lt(failures, 250);
    ck_assert_uint_eq(count_failures(model, 1, &again), failures);
    count_failures(model, 2, &other);
    ck_assert_uint_eq(first, again);
    ck_assert_uint_ne(first, other);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_a_fault_on_the_way_of_an_alias)
{
    struct dns_model *model =
        model_with("{ \"name\": \"mx.a.test\", \"answer\": \"servfail\", \"delay\": \"2s\" },"
                   "{ \"name\": \"www.b.test\", \"answer\": \"wrong-id\" }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    struct dns_outcome outcome;
    struct buf query;
    buf_init(&query, 1000);
    ask_expect(answerer, "alias.a.test", "A", 0, "SERVFAIL ra");
    ask_bytes("alias.a.test", "A", 0, &query);
    ask_outcome(answerer, buf_slice(&query), 0, 0, &outcome);
    ck_assert_int_eq(outcome.delay_us, 2 * TIME_SECOND);
    ck_assert_str_eq(outcome.fault->place, "$.faults[0]");
    /* A server of the zone does not go there itself. */
    ask_expect(answerer, "alias.a.test", "A", ASK_AUTHORITATIVE,
               "NOERROR aa\nan alias.a.test. 300 IN CNAME mx.a.test.\n"
               "an mx.a.test. 300 IN A 192.0.2.1");
    /* What spoils a message spoils that server's, not the resolver's. */
    ask_expect(answerer, "far.a.test", "A", 0,
               "NOERROR ra\nan far.a.test. 300 IN CNAME www.b.test.\n"
               "an www.b.test. 300 IN A 192.0.2.2");
    buf_deinit(&query);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_faults_in_words)
{
    struct dns_model *model = model_with(
        "{ \"name\": \"*.slow.test\", \"type\": [\"A\", \"AAAA\"], \"answer\": \"none\", "
        "\"during\": \"10m..2h\", \"probability\": \"12.5%\", \"times\": 3 },"
        "{ \"delay\": \"2s\", \"ttl\": \"1m\", \"transport\": \"udp\" }");
    struct buf text;
    buf_init(&text, 1000);
    dns_fault_to_text(model->faults[0], &text);
    ck_assert_str_eq(buf_text(&text), "*.slow.test A, AAAA: none, from 10m to 2h, 12.5000 % of the "
                                      "queries, the first 3 times");
    buf_reset(&text);
    dns_fault_to_text(model->faults[1], &text);
    ck_assert_str_eq(buf_text(&text), "every name: right, delayed by 2s, TTL 60, by UDP only");
    buf_deinit(&text);
    dns_model_free(&model);
}
END_TEST

UNIT_MAIN(test_what_a_client_sees, test_spoiled_messages, test_servers_that_do_not_know_edns,
          test_without_edns_512_bytes_are_the_most, test_the_letters_of_a_name,
          test_type_window_and_count, test_chance_is_drawn_from_the_seed,
          test_a_fault_on_the_way_of_an_alias, test_faults_in_words)
