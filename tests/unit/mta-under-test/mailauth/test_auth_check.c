#include "mta-under-test/mailauth/auth_check.h"
#include "mta-under-test/mailauth/core/dns_cache.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

/* The answers of this test's internet. */
static void look_up(struct dns_cache *cache, enum dns_type type, struct slice name)
{
    struct dns_record record = {.data = {NULL, 0}};
    struct dns_answer answer = {.status = DNS_NXDOMAIN};
    if (type == DNS_TYPE_TXT && slice_is(name, "x.test"))
        record.data = SLICE("v=spf1 a:mail.x.test -all");
    if (type == DNS_TYPE_TXT && slice_is(name, "_dmarc.x.test"))
        record.data = SLICE("v=DMARC1; p=reject");
    if (type == DNS_TYPE_A && slice_is(name, "mail.x.test")) {
        record.data = SLICE("x");
        memcpy(record.address, "\xc0\x00\x02\x01", 4);
    }
    if (record.data.len > 0)
        answer = (struct dns_answer){.status = DNS_OK, .count = 1, .records = &record};
    dns_cache_put(cache, type, name, &answer);
}

START_TEST(a_loop_over_questions_ends_in_a_result)
{
    struct arena arena;
    struct dns_cache cache;
    struct dkim_key_cache keys;
    struct message message;
    struct auth_outcome outcome;
    struct buf out;
    struct auth_request request = {.helo = SLICE("h.test"),
                                   .mail_from = SLICE("a@x.test"),
                                   .message = &message,
                                   .receiver = SLICE("mx.test")};
    int rounds = 0;
    arena_init(&arena);
    dns_cache_init(&cache);
    dkim_key_cache_init(&keys, 10);
    buf_init(&out, 65536);
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    ck_assert(ip_parse(SLICE("192.0.2.1"), &request.ip));
    ck_assert(message_parse(&arena,
                            SLICE("DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s; h=from; "
                                  "bh=AAAA; b=AAAA\r\nFrom: a@x.test\r\n\r\nbody\r\n"),
                            &message));
    do {
        enum dns_type type = DNS_TYPE_A;
        struct slice name;
        auth_check(&request, &resolver, &keys, &arena, NULL, &outcome);
        while (dns_cache_next_question(&cache, &type, &name))
            look_up(&cache, type, name);
    } while (outcome.is_pending && ++rounds < 20);
    ck_assert_int_eq(rounds, 2);
    ck_assert_int_eq(outcome.spf.result, SPF_RESULT_PASS);
    ck_assert_int_eq(outcome.dkim.list[0].reason, DKIM_REASON_NO_KEY);
    ck_assert_int_eq(outcome.arc.status, ARC_NONE);
    ck_assert_int_eq(outcome.dmarc.result, DMARC_RESULT_PASS);
    auth_check_write(&request, &outcome, &arena, &out);
    ck_assert_str_eq(buf_text(&out),
                     "Authentication-Results: mx.test;\r\n\tspf=pass smtp.mailfrom=a@x.test;\r\n"
                     "\tdkim=permerror reason=\"there is no key record\" header.d=x.test "
                     "header.s=s header.a=rsa-sha256 header.b=AAAA;\r\n"
                     "\tarc=none smtp.remote-ip=192.0.2.1;\r\n"
                     "\tdmarc=pass header.from=x.test policy.published-domain-policy=reject "
                     "policy.applied-disposition=none\r\n");
    buf_deinit(&out);
    dkim_key_cache_deinit(&keys);
    dns_cache_deinit(&cache);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(a_loop_over_questions_ends_in_a_result)
