#include "mta-under-test/refmta/server/server_policy.h"

#include <stdlib.h>

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static struct config config;
static struct policy_memory memory;
static struct envelope envelope;
static struct check *results;
static struct ip_address client;

/* The checks of a message from 192.0.2.1 where DNS has nothing, but: listed.test lists it, and
 * quota.test refuses to answer (127.255.255.254). */
static void answer(const struct check_question *question)
{
    static const uint8_t LISTED[] = {127, 0, 0, 2};
    static const uint8_t REFUSED[] = {127, 255, 255, 254};
    const struct check_record record = {
        .address = strcmp(question->name, "1.2.0.192.listed.test") == 0 ? LISTED : REFUSED};
    bool found = strncmp(question->name, "1.2.0.192.", 10) == 0 && question->type == 1;
    check_answer(results, question, found ? CHECK_FOUND : CHECK_NO_NAME, &record, found);
}

static void begin(const char *rules)
{
    static const char CONTENT[] = "From: a@a.test\r\n\r\nhello\r\n";
    struct err err;
    struct check_question question;
    static const char *zones[CHECK_ZONES_MAX];
    char *json = mem_text_format("{\"hostname\": \"h.test\", \"spool\": \"s\", \"listeners\": "
                                 "[{\"address\": \"::\", \"port\": 25}], \"checks\": [%s]}",
                                 rules);
    ck_assert_msg(config_parse(&config, "c", slice_of(json), &err) == 0, "%s", err.text);
    free(json);
    ck_assert_int_eq(ip_address_from_text(SLICE("192.0.2.1"), &client), 0);
    policy_memory_init(&memory);
    envelope_init(&envelope);
    envelope_set_sender(&envelope, SLICE("a@a.test"));
    envelope_add_recipient(&envelope, SLICE("bob@h.test"));
    const struct check_request request = {.client = "192.0.2.1",
                                          .helo = "mx.a.test",
                                          .sender = "a@a.test",
                                          .hostname = "h.test",
                                          .content = slice_of(CONTENT),
                                          .zone_count = policy_zones(&config, zones),
                                          .zones = zones};
    results = check_new(&request);
    ck_assert_ptr_nonnull(results);
    while (!check_run(results))
        while (check_next_question(results, &question))
            answer(&question);
}

static void end(void)
{
    check_free(&results);
    envelope_deinit(&envelope);
    policy_memory_deinit(&memory);
    config_deinit(&config);
}

/* Which rule decides, "" if none does, and what is written. */
static const char *decide_as(const struct check *check, const char *user, int64_t now_us,
                             const char *fields)
{
    static char text[200];
    struct arena arena = {0};
    struct buf written;
    const struct policy_facts facts = {.config = &config,
                                       .memory = &memory,
                                       .check = check,
                                       .client = &client,
                                       .user = user,
                                       .envelope = &envelope,
                                       .now_us = now_us};
    buf_init(&written, 10000);
    struct policy_verdict verdict = policy_decide(&facts, &written);
    ck_assert_str_eq(buf_text(&written), fields);
    snprintf(text, sizeof text, "%s%s%s%s%s",
             verdict.rule != NULL ? config_action_name(verdict.rule->action) : "",
             verdict.rule != NULL ? " " : "",
             verdict.rule != NULL ? policy_rule_text(verdict.rule, &arena) : "",
             verdict.rule != NULL ? " " : "", verdict.result);
    buf_deinit(&written);
    arena_deinit(&arena);
    return text;
}

static const char *decide(const char *fields)
{
    return decide_as(results, NULL, TIME_DAY, fields);
}

START_TEST(the_first_that_ends_it_decides)
{
    static const struct {
        const char *rules;
        const char *verdict;
        const char *fields;
    } CASES[] = {
        {"{\"check\": \"dkim\", \"action\": \"tag\"}", "", "X-Policy: tag; dkim=none\r\n"},
        {"{\"check\": \"dkim\", \"action\": \"defer\"}", "defer dkim none", ""},
        {"{\"check\": \"iprev\", \"action\": \"reject\"}", "reject iprev permerror", ""},
        {"{\"check\": \"helo\", \"action\": \"quarantine\"}", "quarantine helo unknown",
         "X-Policy: quarantine; helo=unknown\r\n"},
        {"{\"check\": \"arc\", \"when\": [\"none\"], \"action\": \"accept\"},"
         "{\"check\": \"dkim\", \"action\": \"reject\"}",
         "accept arc none", ""},
        {"{\"check\": \"arc\", \"action\": \"accept\"}, {\"check\": \"dkim\", \"action\": "
         "\"reject\"}",
         "reject dkim none", ""},
        {"{\"check\": \"spf\", \"when\": [\"none\"], \"action\": \"reject\"}", "reject spf none",
         ""},
        {"{\"check\": \"dmarc\", \"when\": [\"none\"], \"action\": \"reject\"}",
         "reject dmarc none", ""},
        {"{\"check\": \"dnsbl\", \"zone\": \"quota.test\", \"action\": \"reject\"}", "", ""},
        {"{\"check\": \"dnsbl\", \"zone\": \"quota.test\", \"when\": [\"refused\"], \"action\": "
         "\"tag\"}",
         "", "X-Policy: tag; dnsbl=refused quota.test\r\n"},
        {"{\"check\": \"dnsbl\", \"zone\": \"quota.test\", \"action\": \"reject\"},"
         "{\"check\": \"dnsbl\", \"zone\": \"listed.test\", \"action\": \"reject\"}",
         "reject dnsbl listed.test listed", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        begin(CASES[i].rules);
        ck_assert_str_eq(decide(CASES[i].fields), CASES[i].verdict);
        end();
    }
}
END_TEST

START_TEST(greylisting_stands_in_its_place)
{
    begin("{\"check\": \"spf\", \"when\": [\"pass\"], \"action\": \"accept\"},"
          "{\"check\": \"greylist\", \"delay\": \"10m\", \"action\": \"defer\"}");
    ck_assert_str_eq(decide(""), "defer greylist new");
    ck_assert_str_eq(decide(""), "defer greylist early");
    ck_assert_str_eq(decide_as(results, NULL, TIME_DAY + 10 * TIME_MINUTE, ""), "");
    /* One recipient that is new is enough. */
    envelope_add_recipient(&envelope, SLICE("carl@h.test"));
    ck_assert_str_eq(decide_as(results, NULL, TIME_DAY + 10 * TIME_MINUTE, ""),
                     "defer greylist new");
    end();
}
END_TEST

START_TEST(rates)
{
    static const char *const OF[] = {"client", "sender", "recipient"};
    for (size_t i = 0; i < 3; i++) {
        char *rule = mem_text_format("{\"check\": \"rate\", \"of\": \"%s\", \"limit\": \"2/1h\","
                                     " \"action\": \"defer\"}",
                                     OF[i]);
        char *verdict = mem_text_format("defer rate of %s above", OF[i]);
        begin(rule);
        ck_assert_str_eq(decide(""), "");
        ck_assert_str_eq(decide(""), "");
        ck_assert_str_eq(decide(""), verdict);
        /* What is another one's does not count. */
        client.bytes[3] = i == 0 ? 2 : 1;
        envelope_reset(&envelope);
        envelope_set_sender(&envelope, i == 1 ? SLICE("b@a.test") : SLICE("a@a.test"));
        envelope_add_recipient(&envelope, i == 2 ? SLICE("carl@h.test") : SLICE("bob@h.test"));
        ck_assert_str_eq(decide(""), "");
        end();
        free(rule);
        free(verdict);
    }
}
END_TEST

START_TEST(own_clients_have_rates_only)
{
    begin(
        "{\"check\": \"dkim\", \"action\": \"reject\"},"
        "{\"check\": \"rate\", \"of\": \"sender\", \"limit\": \"1/1h\", \"own\": true, \"action\":"
        " \"reject\"}");
    ck_assert(policy_is_for_own(&config));
    ck_assert_str_eq(decide_as(NULL, "ann", TIME_DAY, ""), "");
    ck_assert_str_eq(decide_as(NULL, "bob", TIME_DAY, ""), "");
    ck_assert_str_eq(decide_as(NULL, "ann", TIME_DAY, ""), "reject rate of sender above");
    end();
    begin("{\"check\": \"rate\", \"limit\": \"1/1h\", \"action\": \"reject\"}");
    ck_assert(!policy_is_for_own(&config));
    end();
}
END_TEST

UNIT_MAIN(the_first_that_ends_it_decides, greylisting_stands_in_its_place, rates,
          own_clients_have_rates_only)
