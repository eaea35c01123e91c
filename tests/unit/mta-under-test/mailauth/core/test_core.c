#include "mta-under-test/mailauth/core/cfws.h"
#include "mta-under-test/mailauth/core/dns_cache.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "mta-under-test/mailauth/core/ip.h"
#include "mta-under-test/mailauth/core/message.h"
#include "mta-under-test/mailauth/core/taglist.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

START_TEST(tag_lists_keep_to_the_grammar)
{
    static const struct {
        const char *text;
        size_t tags; /* 0: invalid */
    } CASES[] = {{"a=1", 1},
                 {"a=1;", 1},
                 {"a=1; b=2", 2},
                 {" a = 1 ; b = 2 ; ", 2},
                 {"a=1;\r\n b=2", 2},
                 {"a=1 2\r\n 3", 1},
                 {"a=", 1},
                 {"a=;b=", 2},
                 {"a_1=x", 1},
                 {"", 0},
                 {" ", 0},
                 {";", 0},
                 {"a", 0},
                 {"a=1;;b=2", 0},
                 {"a=1; a=2", 0},
                 {"1a=1", 0},
                 {"_a=1", 0},
                 {"a-b=1", 0},
                 {"=1", 0},
                 {"a=1; ;", 0},
                 {"a=1\r\n", 0},
                 {"a=\x01", 0},
                 {"a=1;\r\nb=2", 0},
                 {"a=b=c", 1}};
    struct arena arena;
    struct taglist list;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const char *wrong = taglist_parse(&arena, slice_of(CASES[i].text), &list);
        ck_assert_msg((wrong == NULL) == (CASES[i].tags > 0), "%s: %s", CASES[i].text, wrong);
        if (wrong == NULL)
            ck_assert_uint_eq(list.count, CASES[i].tags);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(messages_are_cut_as_received)
{
    struct arena arena;
    struct message message;
    arena_init(&arena);
    ck_assert(message_parse(
        &arena, SLICE("A: 1\r\nB : 2\r\n\tfolded\r\na: 3\r\nno field\r\n\r\nbody\r\n"), &message));
    ck_assert_uint_eq(message.count, 4);
    ck_assert(slice_is(message.fields[1].name, "B"));
    ck_assert(slice_is(message.fields[1].value, " 2\r\n\tfolded"));
    ck_assert_uint_eq(message.fields[3].name.len, 0);
    ck_assert(slice_is(message.body, "body\r\n"));
    ck_assert_uint_eq(message_count(&message, "A"), 2);
    const struct message_field *top = message_find(&message, "a");
    ck_assert(slice_is(top->value, " 1"));
    ck_assert(slice_is(message_next(&message, top)->value, " 3"));
    ck_assert_ptr_null(message_next(&message, message_next(&message, top)));
    ck_assert_ptr_null(message_find(&message, "C"));
    ck_assert(message_parse(&arena, SLICE(""), &message));
    ck_assert_uint_eq(message.count, 0);
    ck_assert_ptr_null(message_find(&message, "A"));
    ck_assert(message_parse(&arena, SLICE("\r\nonly body"), &message));
    ck_assert(slice_is(message.body, "only body"));
    arena_deinit(&arena);
}
END_TEST

START_TEST(names_are_cut_and_compared)
{
    struct arena arena;
    struct slice ascii;
    arena_init(&arena);
    ck_assert(domain_is_within(SLICE("a.X.test"), SLICE("x.TEST")));
    ck_assert(!domain_is_within(SLICE("ax.test"), SLICE("x.test")));
    ck_assert(slice_is(domain_last_labels(SLICE("a.b.c"), 2), "b.c"));
    ck_assert(slice_is(domain_last_labels(SLICE("a.b.c"), 9), "a.b.c"));
    ck_assert_uint_eq(domain_label_count(SLICE("a.b.c")), 3);
    ck_assert(domain_is_ldh(SLICE("_dmarc.x-y.test")));
    ck_assert(!domain_is_hostname(SLICE("_dmarc.test")));
    ck_assert(!domain_is_ldh(SLICE("-x.test")));
    ck_assert(!domain_is_queryable(SLICE("a..b")));
    ck_assert(domain_to_ascii(&arena,
                              SLICE("B\xc3\xbc"
                                    "cher.TEST"),
                              &ascii));
    ck_assert(slice_is(ascii, "xn--bcher-kva.test"));
    ck_assert(!domain_to_ascii(&arena, SLICE("\xff.test"), &ascii));
    arena_deinit(&arena);
}
END_TEST

START_TEST(addresses_are_read_and_reversed)
{
    struct ip_address ip;
    char text[IP_REVERSE_BYTES];
    ck_assert(ip_parse(SLICE("::ffff:192.0.2.1"), &ip));
    ck_assert(!ip.is_v6);
    ck_assert_str_eq(ip_to_arpa(&ip, text), "1.2.0.192.in-addr.arpa");
    ck_assert(ip_parse(SLICE("2001:db8::1"), &ip));
    ck_assert_str_eq(ip_to_arpa(&ip, text), "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
                                            "8.b.d.0.1.0.0.2.ip6.arpa");
    ck_assert(!ip_parse(SLICE("192.0.2.01"), &ip));
    ck_assert(!ip_parse(SLICE("192.0.2.1 "), &ip));
    ck_assert(
        ip_bits_match((const unsigned char *)"\xff\x80", (const unsigned char *)"\xff\xff", 9));
    ck_assert(
        !ip_bits_match((const unsigned char *)"\xff\x80", (const unsigned char *)"\xff\xff", 10));
}
END_TEST

START_TEST(comments_and_quotes_are_measured)
{
    ck_assert_uint_eq(cfws_len(SLICE(" (a (b) \\) c)\r\n x")), 16);
    ck_assert_uint_eq(cfws_len(SLICE("(open")), 0);
    ck_assert_uint_eq(cfws_quoted_len(SLICE("\"a\\\"b\"x")), 6);
    ck_assert_uint_eq(cfws_quoted_len(SLICE("\"a")), 0);
    ck_assert_uint_eq(cfws_token_len(SLICE("a-b/c")), 3);
}
END_TEST

START_TEST(a_cache_notes_questions_and_answers)
{
    struct dns_cache cache;
    enum dns_type type = DNS_TYPE_A;
    struct slice name;
    dns_cache_init(&cache);
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    ck_assert_int_eq(dns_lookup(&resolver, DNS_TYPE_TXT, SLICE("X.Test."))->status, DNS_PENDING);
    ck_assert_int_eq(dns_lookup(&resolver, DNS_TYPE_TXT, SLICE("x.test"))->status, DNS_PENDING);
    ck_assert(dns_cache_next_question(&cache, &type, &name));
    ck_assert(slice_is(name, "x.test"));
    ck_assert(!dns_cache_next_question(&cache, &type, &name));
    struct dns_record record = {.data = SLICE("text")};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &record};
    dns_cache_put(&cache, DNS_TYPE_TXT, SLICE("x.test"), &answer);
    ck_assert(
        slice_is(dns_lookup(&resolver, DNS_TYPE_TXT, SLICE("x.test"))->records[0].data, "text"));
    ck_assert_int_eq(dns_lookup(&resolver, DNS_TYPE_A, SLICE("a..b"))->status, DNS_NXDOMAIN);
    ck_assert(!dns_cache_next_question(&cache, &type, &name));
    dns_cache_deinit(&cache);
}
END_TEST

START_TEST(facts_form_a_tree_within_limits)
{
    struct arena arena;
    struct facts facts;
    struct buf out;
    arena_init(&arena);
    facts_init(&facts, &arena);
    buf_init(&out, 1 << 20);
    facts_add(NULL, "x", "nothing happens");
    facts_open(&facts, "top", "top");
    facts_add(&facts, "below", "bad \x01 byte");
    facts_close(&facts);
    facts_add(&facts, "top", "other");
    facts_to_tree(&facts, &out);
    ck_assert_str_eq(buf_text(&out), "├─ top\n│  └─ bad \\x01 byte\n└─ other\n");
    buf_reset(&out);
    facts_open(&facts, "long",
               "a line that is too long for a terminal is broken at a space, and what is behind it "
               "stands below its start");
    facts_add(&facts, "below", "child");
    facts_close(&facts);
    facts_to_tree(&facts, &out);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "└─ a line that is too long for a terminal is "
                                                 "broken at a space, and what is behind it stands "
                                                 "below\n   │  its start\n   └─ child\n"));
    for (size_t i = 0; i < FACTS_MAX * 2; i++)
        facts_open(&facts, "deep", "%zu", i);
    ck_assert_uint_eq(facts.count, FACTS_MAX);
    ck_assert_uint_gt(facts.dropped, 0);
    buf_deinit(&out);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(tag_lists_keep_to_the_grammar, messages_are_cut_as_received, names_are_cut_and_compared,
          addresses_are_read_and_reversed, comments_and_quotes_are_measured,
          a_cache_notes_questions_and_answers, facts_form_a_tree_within_limits)
