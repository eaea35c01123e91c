#include "sim/dns/dns_answer.h"

#include "tests/unit/sim/dns/dns_test.h"

#include "mta-under-test/base/poison.h"

#define SOA "ns a.test. 60 IN SOA ns.a.test. hm.a.test. 1 2 3 4 60"
#define ROOT_SOA \
    "ns . 60 IN SOA ns.nameservers.test. hostmaster.ns.nameservers.test. 1 3600 600 604800 60"

static const char *const ZONE_A[] = {
    "@ SOA ns hm 1 2 3 4 60",
    "@ NS ns",
    "@ MX 10 mx1",
    "@ MX 20 mx2.b.test.",
    "@ TXT \"v=spf1 -all\"",
    "ns A 192.0.2.53",
    "mx1 A 192.0.2.1",
    "mx1 AAAA 2001:db8::1",
    "alias CNAME mx1",
    "far CNAME alias.b.test.",
    "lost CNAME nowhere.else.test.",
    "empty CNAME below",
    "x.below A 192.0.2.9",
    "*.wild MX 5 mx1",
    "*.wild A 192.0.2.7",
    "there.wild TXT \"here\"",
    "*.calias CNAME mx1",
    "sub NS ns.sub",
    "ns.sub A 192.0.2.99",
    "loop1 CNAME loop2",
    "loop2 CNAME loop1",
    "self CNAME self",
    "null MX 0 .",
    "_sip._tcp SRV 1 2 5060 mx1",
    "own 7 A 192.0.2.77",
    "tree DNAME other.b.test.",
    "hidden.tree A 192.0.2.88",
    NULL,
};

static const char *const ZONE_B[] = {
    "mx2 A 192.0.2.2",
    "alias CNAME mx2",
    "x.other A 192.0.2.66",
    NULL,
};

static struct dns_model *model_of_two(void)
{
    struct dns_model *model = dns_model_new();
    ask_zone(model, "a.test", ZONE_A);
    ask_zone(model, "b.test", ZONE_B);
    return model;
}

/* Asks all, as a resolver or as the zones' server. */
struct case_ {
    const char *name;
    const char *type;
    const char *expected;
};

static void ask_all(const struct case_ *cases, size_t count, unsigned flags)
{
    struct dns_model *model = model_of_two();
    struct dns_answerer *answerer = ask_answerer(model, 1);
    for (size_t i = 0; i < count; i++)
        ask_expect(answerer, cases[i].name, cases[i].type, flags, cases[i].expected);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}

START_TEST(test_a_resolver_answers)
{
    static const struct case_ CASES[] = {
        {"a.test", "MX",
         "NOERROR rd ra\nan a.test. 300 IN MX 10 mx1.a.test.\nan a.test. 300 IN MX 20 mx2.b.test."},
        {"mx1.a.test", "AAAA", "NOERROR rd ra\nan mx1.a.test. 300 IN AAAA 2001:db8::1"},
        {"own.a.test", "A", "NOERROR rd ra\nan own.a.test. 7 IN A 192.0.2.77"},
        {"null.a.test", "MX", "NOERROR rd ra\nan null.a.test. 300 IN MX 0 ."},
        {"_sip._tcp.a.test", "SRV",
         "NOERROR rd ra\nan _sip._tcp.a.test. 300 IN SRV 1 2 5060 mx1.a.test."},
        /* No such data, and no such name (RFC 2308). */
        {"mx1.a.test", "TXT", "NOERROR rd ra\n" SOA},
        {"below.a.test", "A", "NOERROR rd ra\n" SOA},
        {"nope.a.test", "A", "NXDOMAIN rd ra\n" SOA},
        {"nope.below.a.test", "A", "NXDOMAIN rd ra\n" SOA},
        {"x.nope.test", "A", "NXDOMAIN rd ra\n" ROOT_SOA},
        {"test", "NS", "NOERROR rd ra\n" ROOT_SOA},
        /* Wildcards (RFC 4592). */
        {"any.wild.a.test", "A", "NOERROR rd ra\nan any.wild.a.test. 300 IN A 192.0.2.7"},
        {"x.y.wild.a.test", "MX", "NOERROR rd ra\nan x.y.wild.a.test. 300 IN MX 5 mx1.a.test."},
        {"any.wild.a.test", "TXT", "NOERROR rd ra\n" SOA},
        {"there.wild.a.test", "A", "NOERROR rd ra\n" SOA},
        {"x.there.wild.a.test", "A", "NXDOMAIN rd ra\n" SOA},
        {"wild.a.test", "A", "NOERROR rd ra\n" SOA},
        {"*.wild.a.test", "A", "NOERROR rd ra\nan *.wild.a.test. 300 IN A 192.0.2.7"},
        {"z.calias.a.test", "A",
         "NOERROR rd ra\nan z.calias.a.test. 300 IN CNAME mx1.a.test.\n"
         "an mx1.a.test. 300 IN A 192.0.2.1"},
        /* Aliases. */
        {"alias.a.test", "CNAME", "NOERROR rd ra\nan alias.a.test. 300 IN CNAME mx1.a.test."},
        {"alias.a.test", "TXT", "NOERROR rd ra\nan alias.a.test. 300 IN CNAME mx1.a.test.\n" SOA},
        {"far.a.test", "A",
         "NOERROR rd ra\nan far.a.test. 300 IN CNAME alias.b.test.\n"
         "an alias.b.test. 300 IN CNAME mx2.b.test.\nan mx2.b.test. 300 IN A 192.0.2.2"},
        {"lost.a.test", "A",
         "NXDOMAIN rd ra\nan lost.a.test. 300 IN CNAME nowhere.else.test.\n" ROOT_SOA},
        {"empty.a.test", "A", "NOERROR rd ra\nan empty.a.test. 300 IN CNAME below.a.test.\n" SOA},
        {"loop1.a.test", "A", "SERVFAIL rd ra"},
        {"self.a.test", "A", "SERVFAIL rd ra"},
        {"self.a.test", "CNAME", "NOERROR rd ra\nan self.a.test. 300 IN CNAME self.a.test."},
        /* A whole tree moved elsewhere (RFC 6672). */
        {"x.tree.a.test", "A",
         "NOERROR rd ra\nan tree.a.test. 300 IN DNAME other.b.test.\n"
         "an x.tree.a.test. 300 IN CNAME x.other.b.test.\nan x.other.b.test. 300 IN A 192.0.2.66"},
        {"hidden.tree.a.test", "CNAME",
         "NOERROR rd ra\nan tree.a.test. 300 IN DNAME other.b.test.\n"
         "an hidden.tree.a.test. 300 IN CNAME hidden.other.b.test."},
        {"tree.a.test", "DNAME", "NOERROR rd ra\nan tree.a.test. 300 IN DNAME other.b.test."},
        {"tree.a.test", "A", "NOERROR rd ra\n" SOA},
        /* Nobody answers for the child zone. */
        {"x.sub.a.test", "A", "SERVFAIL rd ra"},
        {"sub.a.test", "NS", "SERVFAIL rd ra"},
        {"sub.a.test", "DS", "NOERROR rd ra\n" SOA},
    };
    ask_all(CASES, sizeof CASES / sizeof CASES[0], ASK_RD);
}
END_TEST

START_TEST(test_the_zones_own_server_answers)
{
    static const struct case_ CASES[] = {
        {"a.test", "MX",
         "NOERROR aa\nan a.test. 300 IN MX 10 mx1.a.test.\nan a.test. 300 IN MX 20 mx2.b.test.\n"
         "ar mx1.a.test. 300 IN A 192.0.2.1\nar mx1.a.test. 300 IN AAAA 2001:db8::1\n"
         "ar mx2.b.test. 300 IN A 192.0.2.2"},
        {"a.test", "NS",
         "NOERROR aa\nan a.test. 300 IN NS ns.a.test.\nar ns.a.test. 300 IN A 192.0.2.53"},
        {"nope.a.test", "A", "NXDOMAIN aa\n" SOA},
        {"mx1.a.test", "TXT", "NOERROR aa\n" SOA},
        {"lost.a.test", "A", "NOERROR aa\nan lost.a.test. 300 IN CNAME nowhere.else.test."},
        {"x.nope.test", "A", "REFUSED"},
        {"x.sub.a.test", "A",
         "NOERROR\nns sub.a.test. 300 IN NS ns.sub.a.test.\nar ns.sub.a.test. 300 IN A 192.0.2.99"},
        {"sub.a.test", "NS",
         "NOERROR\nns sub.a.test. 300 IN NS ns.sub.a.test.\nar ns.sub.a.test. 300 IN A 192.0.2.99"},
        {"ns.sub.a.test", "A",
         "NOERROR\nns sub.a.test. 300 IN NS ns.sub.a.test.\nar ns.sub.a.test. 300 IN A 192.0.2.99"},
    };
    ask_all(CASES, sizeof CASES / sizeof CASES[0], ASK_AUTHORITATIVE);
}
END_TEST

START_TEST(test_a_child_zone_answers_for_itself)
{
    static const char *const CHILD[] = {"ns A 192.0.2.99", "x A 192.0.2.100", NULL};
    struct dns_model *model = model_of_two();
    ask_zone(model, "sub.a.test", CHILD);
    struct dns_answerer *answerer = ask_answerer(model, 1);
    ask_expect(answerer, "x.sub.a.test", "A", 0,
               "NOERROR ra\nan x.sub.a.test. 300 IN A 192.0.2.100");
    ask_expect(answerer, "x.sub.a.test", "A", ASK_AUTHORITATIVE,
               "NOERROR aa\nan x.sub.a.test. 300 IN A 192.0.2.100");
    /* The parent speaks for the child's DS. */
    ask_expect(answerer, "sub.a.test", "DS", 0, "NOERROR ra\n" SOA);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

static struct slice ask_raw(struct dns_answerer *answerer, struct slice bytes, unsigned flags)
{
    struct dns_outcome outcome;
    ask_outcome(answerer, bytes, flags, 0, &outcome);
    return outcome.action == DNS_ACTION_REPLY ? outcome.reply : slice_from(NULL, 0);
}

START_TEST(test_the_case_of_the_question_is_kept)
{
    static const char QUERY[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3MX1\1A\4tEsT\0\0\1\0\1";
    struct dns_model *model = model_of_two();
    struct dns_answerer *answerer = ask_answerer(model, 1);
    struct slice reply = ask_raw(answerer, slice_from(QUERY, sizeof QUERY - 1), 0);
    ck_assert_uint_eq(reply.len, sizeof QUERY - 1 + 16);
    ck_assert_mem_eq(reply.data, "\x12\x34\x81\x80\0\1\0\1\0\0\0\0", 12);
    ck_assert_mem_eq(reply.data + 12, QUERY + 12, sizeof QUERY - 1 - 12);
    /* The record's name is a pointer to the question's. */
    ck_assert_mem_eq(reply.data + sizeof QUERY - 1, "\300\014\0\1\0\1\0\0\1\054\0\4\300\0\2\1", 16);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* A slice of a literal, as a constant. */
#define BYTES(literal)                  \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

START_TEST(test_bad_queries)
{
    static const struct {
        struct slice query;
        const char *expected;
    } CASES[] = {
        {BYTES(""), "silence"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0"), "silence"},
        /* An answer is not answered. */
        {BYTES("\x12\x34\x80\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1"), "silence"},
        /* No question, two questions, a question that is cut, one with a pointer, bytes behind. */
        {BYTES("\x12\x34\0\0\0\0\0\0\0\0\0\0"), "FORMERR ra"},
        {BYTES("\x12\x34\0\0\0\2\0\0\0\0\0\0\1a\4test\0\0\1\0\1\1a\4test\0\0\1\0\1"), "FORMERR ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1"), "FORMERR ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\300\14\0\1\0\1"), "FORMERR ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1x"), "FORMERR ra"},
        /* Two OPT records; one that is cut; a later version of EDNS. */
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\2\1a\4test\0\0\1\0\1\0\0\51\x10\0\0\0\0\0\0\0"
               "\0\0\51\x10\0\0\0\0\0\0\0"),
         "FORMERR ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\1\1a\4test\0\0\1\0\1\0\0\51\x10\0\0\0\0\0\0\1"),
         "FORMERR ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\1\1a\4test\0\0\1\0\1\0\0\51\x10\0\0\1\0\0\0\0"),
         "BADVERS ra"},
        /* NOTIFY; class CH; zone transfers; a type for queries only; type 0. */
        {BYTES("\x12\x34\x20\0\0\1\0\0\0\0\0\0\1a\4test\0\0\6\0\1"), "NOTIMP ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\3"), "REFUSED ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\1a\4test\0\0\374\0\1"), "REFUSED ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\1a\4test\0\0\375\0\1"), "NOTIMP ra"},
        {BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\1a\4test\0\0\0\0\1"), "FORMERR ra"},
    };
    struct dns_model *model = model_of_two();
    struct dns_answerer *answerer = ask_answerer(model, 1);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf text;
        buf_init(&text, 10000);
        struct slice reply = ask_raw(answerer, CASES[i].query, 0);
        if (reply.len == 0) {
            buf_add_text(&text, "silence");
        } else {
            ck_assert_mem_eq(reply.data, CASES[i].query.data, 2);
            ask_text(reply, &text);
        }
        if (strcmp(buf_text(&text), CASES[i].expected) != 0)
            ck_abort_msg("case %zu: expected %s, found %s", i, CASES[i].expected, buf_text(&text));
        buf_deinit(&text);
    }
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* 40 addresses need 12 + 16 + 40 * 16 bytes: more than 512, less than 1,232. */
START_TEST(test_what_is_too_large_is_cut)
{
    struct dns_model *model = model_of_two();
    char text[64];
    for (int i = 0; i < 40; i++) {
        snprintf(text, sizeof text, "big A 192.0.2.%d", i);
        ask_add(model, "a.test", text);
    }
    struct dns_answerer *answerer = ask_answerer(model, 1);
    struct buf query;
    struct dns_outcome outcome;
    buf_init(&query, 1000);
    ask_expect(answerer, "big.a.test", "A", 0, "NOERROR tc ra");
    ask_bytes("big.a.test", "A", 0, &query);
    ask_outcome(answerer, buf_slice(&query), 0, 0, &outcome);
    ck_assert(outcome.truncated);
    ck_assert_uint_eq(outcome.answers, 0);
    ask_outcome(answerer, buf_slice(&query), ASK_TCP, 0, &outcome);
    ck_assert(!outcome.truncated);
    ck_assert_uint_eq(outcome.answers, 40);
    ck_assert_uint_eq(outcome.data_count, 8);
    ck_assert_str_eq(outcome.data[7], "192.0.2.7");
    buf_reset(&query);
    ask_bytes("big.a.test", "A", ASK_EDNS_4096, &query);
    ask_outcome(answerer, buf_slice(&query), 0, 0, &outcome);
    ck_assert(!outcome.truncated);
    ck_assert_uint_eq(outcome.answers, 40);
    /* 100 are too large for what we send by UDP, whatever the client takes. */
    for (int i = 40; i < 100; i++) {
        snprintf(text, sizeof text, "big A 192.0.2.%d", i);
        ask_add(model, "a.test", text);
    }
    ask_outcome(answerer, buf_slice(&query), 0, 0, &outcome);
    ck_assert(outcome.truncated);
    buf_deinit(&query);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* 5,000 addresses need 80,000 bytes. */
START_TEST(test_what_no_message_holds_is_no_answer)
{
    struct dns_model *model = model_of_two();
    char text[64];
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "huge A 198.18.%d.%d", i / 250, i % 250);
        ask_add(model, "a.test", text);
    }
    struct dns_answerer *answerer = ask_answerer(model, 1);
    ask_expect(answerer, "huge.a.test", "A", 0, "NOERROR tc ra");
    ask_expect(answerer, "huge.a.test", "A", ASK_TCP, "SERVFAIL ra");
    ask_expect(answerer, "huge.a.test", "A", ASK_TCP | ASK_AUTHORITATIVE, "SERVFAIL");
    ask_expect(answerer, "huge.a.test", "A", ASK_TCP | ASK_DO | ASK_EDNS_4096, "SERVFAIL ra");
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* Names are compressed: otherwise 2,000 mail hosts would not fit into a message at all. */
START_TEST(test_large_mx_set)
{
    struct dns_model *model = model_of_two();
    char text[64];
    for (int i = 0; i < 2048; i++) {
        snprintf(text, sizeof text, "many MX %d mx%d.hosts", i, i);
        ask_add(model, "a.test", text);
    }
    struct dns_answerer *answerer = ask_answerer(model, 1);
    char *reply = ask_at(answerer, "many.a.test", "MX", ASK_TCP, 0);
    ck_assert_ptr_nonnull(strstr(reply, "an many.a.test. 300 IN MX 2047 mx2047.hosts.a.test."));
    ck_assert_ptr_null(strstr(reply, "tc"));
    free(reply);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* Additional records are dropped without TC where there is no room. */
START_TEST(test_additional_records_are_optional)
{
    struct dns_model *model = model_of_two();
    char text[64];
    for (int i = 0; i < 12; i++) {
        snprintf(text, sizeof text, "some MX %d m%d", i, i);
        ask_add(model, "a.test", text);
        snprintf(text, sizeof text, "m%d A 192.0.2.%d", i, i);
        ask_add(model, "a.test", text);
        snprintf(text, sizeof text, "m%d AAAA 2001:db8::%d", i, i);
        ask_add(model, "a.test", text);
    }
    struct dns_answerer *answerer = ask_answerer(model, 1);
    char *reply = ask_at(answerer, "some.a.test", "MX", ASK_AUTHORITATIVE, 0);
    ck_assert(strncmp(reply, "NOERROR aa\n", 11) == 0);
    ck_assert_ptr_nonnull(strstr(reply, "an some.a.test. 300 IN MX 11 m11.a.test."));
    ck_assert_ptr_nonnull(strstr(reply, "ar m0.a.test."));
    ck_assert_ptr_null(strstr(reply, "ar m11.a.test."));
    free(reply);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

UNIT_MAIN(test_a_resolver_answers, test_the_zones_own_server_answers,
          test_a_child_zone_answers_for_itself, test_the_case_of_the_question_is_kept,
          test_bad_queries, test_what_is_too_large_is_cut, test_what_no_message_holds_is_no_answer,
          test_large_mx_set, test_additional_records_are_optional)
