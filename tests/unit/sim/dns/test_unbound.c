/* The configuration of a real resolver, and the root that it walks from. */
#include "sim/dns/dns_unbound.h"

#include "tests/unit/sim/dns/dns_test.h"

#include "mta-under-test/base/poison.h"

static const char ZONES[] =
    "{ \"resolver\": \"unbound\", \"zones\": { \"a.test\": [ \"@ NS ns\", \"ns AAAA 2001:db8::53\" "
    "],"
    " \"b.a.test\": [], \"lost.test\": [], \"plain.test\": [] },"
    " \"signed\": [ \"a.test\", \"b.a.test\", { \"zone\": \"lost.test\", \"ds\": \"missing\" } ] }";

START_TEST(test_trust_anchors_where_chains_begin)
{
    struct dns_model *model = ask_scenario(ZONES);
    struct buf text;
    buf_init(&text, 65536);
    ck_assert_int_eq(model->resolver, DNS_RESOLVER_UNBOUND);
    dns_unbound_configure(model, true, &text);
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "trust-anchor: \"a.test."));
    /* b.a.test has its DS in a.test; lost.test has no chain; plain.test is not signed. */
    ck_assert_ptr_null(strstr(buf_text(&text), "trust-anchor: \"b."));
    ck_assert_ptr_null(strstr(buf_text(&text), "trust-anchor: \"lost"));
    ck_assert_ptr_null(strstr(buf_text(&text), "trust-anchor: \"plain"));
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "stub-addr: " DNS_ROOT_IPV6));
    buf_reset(&text);
    dns_unbound_configure(model, false, &text);
    ck_assert_ptr_null(strstr(buf_text(&text), DNS_ROOT_IPV6));
    buf_deinit(&text);
    dns_model_free(&model);
}
END_TEST

/* What the root's server says, as text. */
static char *ask_root(struct dns_answerer *answerer, const char *name, const char *type)
{
    struct buf query;
    struct buf text;
    struct dns_outcome outcome;
    buf_init(&query, 4096);
    buf_init(&text, 65536);
    ask_bytes(name, type, 0, &query);
    const struct dns_request request = {
        .bytes = buf_slice(&query), .server = ask_address(DNS_ROOT_IPV4), .now_us = ASK_START_US};
    dns_answer(answerer, &request, &outcome);
    ask_text(outcome.reply, &text);
    buf_deinit(&query);
    return buf_take(&text);
}

START_TEST(test_the_root_sends_down)
{
    static const struct {
        const char *name;
        const char *type;
        const char *answer;
    } CASES[] = {
        {"mx.b.a.test", "A",
         "NOERROR\nns a.test. 300 IN NS ns.a.test.\nar ns.a.test. 300 IN AAAA 2001:db8::53"},
        {"a.test", "DS", "NOERROR aa"},
        {"test", "A", "NOERROR aa"},
        {"none.test", "A", "NXDOMAIN aa"},
    };
    struct dns_model *model = ask_scenario(ZONES);
    struct dns_answerer *answerer = ask_answerer(model, 1);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *text = ask_root(answerer, CASES[i].name, CASES[i].type);
        ck_assert_msg(strncmp(text, CASES[i].answer, strlen(CASES[i].answer)) == 0, "%s: %s",
                      CASES[i].name, text);
        free(text);
    }
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

UNIT_MAIN(test_trust_anchors_where_chains_begin, test_the_root_sends_down)
