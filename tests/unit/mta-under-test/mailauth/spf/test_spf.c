#include "mta-under-test/mailauth/core/dns_cache.h"
#include "mta-under-test/mailauth/spf/spf_check.h"
#include "mta-under-test/mailauth/spf/spf_header.h"
#include "mta-under-test/mailauth/spf/spf_macro.h"
#include "mta-under-test/mailauth/spf/spf_record.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

static void put_txt(struct dns_cache *cache, const char *name, const char *text)
{
    struct dns_record record = {.data = slice_of(text)};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &record};
    dns_cache_put(cache, DNS_TYPE_TXT, slice_of(name), &answer);
}

START_TEST(pending_answers_are_asked_for_one_after_the_other)
{
    struct dns_cache cache;
    struct arena arena;
    struct spf_outcome outcome;
    struct spf_request request = {.helo = SLICE("h.test"), .mail_from = SLICE("a@x.test")};
    enum dns_type type = DNS_TYPE_A;
    struct slice name;
    dns_cache_init(&cache);
    arena_init(&arena);
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    ck_assert(ip_parse(SLICE("192.0.2.1"), &request.ip));
    spf_check(&request, &resolver, &arena, NULL, &outcome);
    ck_assert_int_eq(outcome.result, SPF_RESULT_PENDING);
    ck_assert(dns_cache_next_question(&cache, &type, &name) && slice_is(name, "x.test"));
    put_txt(&cache, "x.test", "v=spf1 include:y.test -all exp=e.test");
    spf_check(&request, &resolver, &arena, NULL, &outcome);
    ck_assert_int_eq(outcome.result, SPF_RESULT_PENDING);
    ck_assert(dns_cache_next_question(&cache, &type, &name) && slice_is(name, "y.test"));
    put_txt(&cache, "y.test", "v=spf1 ?all");
    spf_check(&request, &resolver, &arena, NULL, &outcome);
    ck_assert_int_eq(outcome.result, SPF_RESULT_PENDING);
    ck_assert(dns_cache_next_question(&cache, &type, &name) && slice_is(name, "e.test"));
    put_txt(&cache, "e.test", "no %{i}");
    spf_check(&request, &resolver, &arena, NULL, &outcome);
    ck_assert_int_eq(outcome.result, SPF_RESULT_FAIL);
    ck_assert(slice_is(outcome.explanation, "no 192.0.2.1"));
    ck_assert_uint_eq(outcome.lookups, 1);
    arena_deinit(&arena);
    dns_cache_deinit(&cache);
}
END_TEST

START_TEST(received_spf_quotes_what_needs_it)
{
    struct spf_request request = {.helo = SLICE("h.test"), .mail_from = SLICE("a b@x.test")};
    struct spf_outcome outcome = {.result = SPF_RESULT_PASS, .problem = ""};
    struct buf out;
    buf_init(&out, 4096);
    ck_assert(ip_parse(SLICE("192.0.2.1"), &request.ip));
    spf_header_write(&request, &outcome, SLICE("mx.test"), &out);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "Received-SPF: pass ("));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "envelope-from=\"a b@x.test\""));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "receiver=mx.test"));
    buf_deinit(&out);
}
END_TEST

START_TEST(a_macro_bomb_stays_bounded)
{
    struct dns_cache cache;
    struct arena arena;
    struct spf_outcome outcome;
    struct buf record;
    struct spf_request request = {.helo = SLICE("h.test"), .mail_from = SLICE("a@x.test")};
    dns_cache_init(&cache);
    arena_init(&arena);
    buf_init(&record, 1 << 20);
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    ck_assert(ip_parse(SLICE("192.0.2.1"), &request.ip));
    buf_add_text(&record, "v=spf1 exists:");
    for (size_t i = 0; i < 10000; i++)
        buf_add_text(&record, "%{s}%{o}%{S}");
    put_txt(&cache, "x.test", buf_text(&record));
    spf_check(&request, &resolver, &arena, NULL, &outcome);
    ck_assert_int_eq(outcome.result, SPF_RESULT_NEUTRAL);
    ck_assert_uint_lt(arena.used_bytes, 8 << 20);
    buf_deinit(&record);
    arena_deinit(&arena);
    dns_cache_deinit(&cache);
}
END_TEST

/* Answers every question with as many records as it can, and counts the questions. */
struct hostile {
    size_t questions;
    const char *text; /* of every TXT record */
    struct dns_record records[DNS_TYPE_TLSA][50];
    struct dns_answer answers[DNS_TYPE_TLSA];
};

static const struct dns_answer *hostile_lookup(void *context, enum dns_type type, struct slice name)
{
    struct hostile *hostile = context;
    struct dns_answer *answer = &hostile->answers[type];
    (void)name;
    hostile->questions++;
    answer->records = hostile->records[type];
    answer->count = type == DNS_TYPE_TXT ? 1 : type == DNS_TYPE_MX ? 10 : 50;
    for (size_t i = 0; i < answer->count; i++)
        hostile->records[type][i].data =
            type == DNS_TYPE_TXT ? slice_of(hostile->text) : SLICE("host.y.test");
    return answer;
}

static struct spf_outcome check_hostile(struct hostile *hostile, const char *text,
                                        struct facts *facts, struct arena *arena)
{
    struct spf_outcome outcome;
    struct spf_request request = {.helo = SLICE("h.test"), .mail_from = SLICE("a@x.test")};
    struct dns_resolver resolver = {hostile, hostile_lookup};
    *hostile = (struct hostile){.text = text};
    ck_assert(ip_parse(SLICE("192.0.2.1"), &request.ip));
    spf_check(&request, &resolver, arena, facts, &outcome);
    return outcome;
}

START_TEST(questions_stay_bounded)
{
    struct arena arena;
    struct facts facts;
    struct hostile hostile;
    arena_init(&arena);
    facts_init(&facts, &arena);
    /* Includes of itself: one question each, up to the eleventh term. */
    struct spf_outcome outcome =
        check_hostile(&hostile, "v=spf1 include:%{d} -all", &facts, &arena);
    ck_assert_int_eq(outcome.reason, SPF_REASON_LOOKUP_LIMIT);
    ck_assert_uint_eq(hostile.questions, 11);
    /* The record, ten terms of one MX and ten addresses each, the client's name and ten of its
     * addresses once, the explanation. */
    outcome = check_hostile(&hostile,
                            "v=spf1 mx:%{p}.a mx:%{p}.%{p} mx:%{p}.%{p} mx:%{p}.%{p} mx:%{p}.%{p} "
                            "mx:%{p}.%{p} mx:%{p}.%{p} mx:%{p}.%{p} mx:%{p}.%{p} mx:%{p}.%{p} "
                            "-all exp=%{p}.x.test",
                            &facts, &arena);
    ck_assert_int_eq(outcome.result, SPF_RESULT_FAIL);
    ck_assert_uint_eq(hostile.questions, 1 + 10 * 11 + 11 + 1);
    ck_assert_uint_eq(outcome.lookups, 10);
    ck_assert_uint_lt(arena.used_bytes, 1 << 20);
    arena_deinit(&arena);
}
END_TEST

START_TEST(records_are_read_into_terms)
{
    struct arena arena;
    struct spf_record record;
    struct slice where;
    arena_init(&arena);
    ck_assert_ptr_null(spf_record_parse(
        &arena, SLICE("v=spf1 ~mx:a.test/24//64 ?ip6:2001:db8::/32 exp=e.test redirect=r.test"),
        &record, &where));
    ck_assert_uint_eq(record.count, 2);
    ck_assert_int_eq(record.terms[0].mechanism, SPF_MX);
    ck_assert_int_eq(record.terms[0].qualifier, '~');
    ck_assert_uint_eq(record.terms[0].bits_v4, 24);
    ck_assert_uint_eq(record.terms[0].bits_v6, 64);
    ck_assert(slice_is(record.terms[0].domain, "a.test"));
    ck_assert(slice_is(record.redirect, "r.test"));
    ck_assert_ptr_nonnull(spf_record_parse(&arena, SLICE("v=spf1 a foo"), &record, &where));
    ck_assert(slice_is(where, "foo"));
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(pending_answers_are_asked_for_one_after_the_other, received_spf_quotes_what_needs_it,
          a_macro_bomb_stays_bounded, questions_stay_bounded, records_are_read_into_terms)
