#include "mta-under-test/refmta/server/server_policy.h"

#include <stdlib.h>

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static struct config config;
static struct policy_memory memory;
static struct envelope envelope;
static struct check *results;
static struct policy_notes notes;
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

/* "defer greylist new": what decides, "" if nothing does. */
static const char *verdict_text(struct policy_verdict verdict)
{
    static char text[200];
    struct arena arena = {0};
    snprintf(text, sizeof text, "%s%s%s%s%s",
             verdict.rule != NULL ? config_action_name(verdict.rule->action) : "",
             verdict.rule != NULL ? " " : "",
             verdict.rule != NULL ? policy_rule_text(verdict.rule, &arena) : "",
             verdict.rule != NULL ? " " : "", verdict.result);
    arena_deinit(&arena);
    return text;
}

static struct policy_facts facts_at(const char *recipient, const char *user, int64_t now_us)
{
    return (struct policy_facts){.config = &config,
                                 .memory = &memory,
                                 .is_own = user != NULL,
                                 .check = user != NULL ? NULL : results,
                                 .client = &client,
                                 .user = user,
                                 .envelope = &envelope,
                                 .recipient = recipient,
                                 .now_us = now_us};
}

static void begin_transaction(void)
{
    policy_notes_init(&notes, &config, &envelope.arena);
}

/* At RCPT. */
static const char *decide_on(const char *recipient)
{
    const struct policy_facts facts = facts_at(recipient, NULL, TIME_DAY);
    return verdict_text(policy_decide(&facts, &notes));
}

/* On the content, and what is written. */
static const char *decide_end(const char *fields)
{
    struct buf written;
    const struct policy_facts facts = facts_at(NULL, NULL, TIME_DAY);
    struct policy_verdict verdict = policy_decide(&facts, &notes);
    buf_init(&written, 10000);
    policy_write_fields(&config, &notes, &written);
    ck_assert_str_eq(buf_text(&written), fields);
    buf_deinit(&written);
    return verdict_text(verdict);
}

/* A whole transaction with all recipients of the envelope, up to the first refusal; what decided on
 * the last of them where nothing does on the content. */
static const char *decide_as(const char *user, int64_t now_us, const char *fields)
{
    begin_transaction();
    struct policy_facts facts = facts_at(NULL, user, now_us);
    struct policy_verdict verdict = {.result = ""};
    struct buf written;
    for (size_t i = 0; i < envelope.recipient_count; i++) {
        facts.recipient = envelope.recipients[i].address;
        verdict = policy_decide(&facts, &notes);
        if (policy_refuses(&verdict))
            return verdict_text(verdict);
    }
    facts.recipient = NULL;
    struct policy_verdict on_content = policy_decide(&facts, &notes);
    if (on_content.rule != NULL)
        verdict = on_content;
    buf_init(&written, 10000);
    policy_write_fields(&config, &notes, &written);
    ck_assert_str_eq(buf_text(&written), fields);
    buf_deinit(&written);
    return verdict_text(verdict);
}

static const char *decide(const char *fields)
{
    return decide_as(NULL, TIME_DAY, fields);
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
    ck_assert_str_eq(decide_as(NULL, TIME_DAY + 10 * TIME_MINUTE, ""), "");
    /* One recipient that is new is enough. */
    envelope_add_recipient(&envelope, SLICE("carl@h.test"));
    ck_assert_str_eq(decide_as(NULL, TIME_DAY + 10 * TIME_MINUTE, ""), "defer greylist new");
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
    ck_assert_str_eq(decide_as("ann", TIME_DAY, ""), "");
    ck_assert_str_eq(decide_as("bob", TIME_DAY, ""), "");
    ck_assert_str_eq(decide_as("ann", TIME_DAY, ""), "reject rate of sender above");
    end();
    begin("{\"check\": \"rate\", \"limit\": \"1/1h\", \"action\": \"reject\"}");
    ck_assert(!policy_is_for_own(&config));
    end();
}
END_TEST

#define NEW_WAITS "{\"check\": \"greylist\", \"action\": \"defer\"}"

START_TEST(at_rcpt_each_recipient_is_judged_by_itself)
{
    begin(NEW_WAITS);
    begin_transaction();
    ck_assert_str_eq(decide_on("bob@h.test"), "defer greylist new");
    const struct policy_facts later = facts_at("bob@h.test", NULL, TIME_DAY + 5 * TIME_MINUTE);
    ck_assert_str_eq(verdict_text(policy_decide(&later, &notes)), "");
    ck_assert_str_eq(decide_on("carl@h.test"), "defer greylist new");
    ck_assert_str_eq(decide_end(""), "");
    end();
    begin("{\"check\": \"greylist\", \"action\": \"defer\", \"at\": \"content\"}");
    begin_transaction();
    ck_assert_str_eq(decide_on("bob@h.test"), "");
    ck_assert_str_eq(decide_end(""), "defer greylist new");
    end();
}
END_TEST

START_TEST(a_message_to_many_counts_once)
{
    begin("{\"check\": \"rate\", \"limit\": \"2/1h\", \"action\": \"defer\"}");
    for (size_t i = 0; i < 2; i++) {
        begin_transaction();
        ck_assert_str_eq(decide_on("bob@h.test"), "");
        ck_assert_str_eq(decide_on("carl@h.test"), "");
        ck_assert_str_eq(decide_on("dora@h.test"), "");
    }
    begin_transaction();
    ck_assert_str_eq(decide_on("bob@h.test"), "defer rate of client above");
    ck_assert_str_eq(decide_on("carl@h.test"), "defer rate of client above");
    end();
    begin("{\"check\": \"rate\", \"of\": \"recipient\", \"limit\": \"1/1h\", \"action\": "
          "\"defer\"}");
    begin_transaction();
    ck_assert_str_eq(decide_on("bob@h.test"), "");
    ck_assert_str_eq(decide_on("carl@h.test"), "");
    ck_assert_str_eq(decide_on("bob@h.test"), "defer rate of recipient above");
    end();
}
END_TEST

START_TEST(whom_a_rule_lets_in_at_rcpt_the_content_may_keep_out)
{
    begin("{\"check\": \"greylist\", \"when\": [\"early\"], \"action\": \"accept\"},"
          "{\"check\": \"rate\", \"limit\": \"1/1h\", \"action\": \"reject\"},"
          "{\"check\": \"dkim\", \"action\": \"reject\"}");
    begin_transaction();
    ck_assert_str_eq(decide_on("bob@h.test"), "");
    ck_assert_str_eq(decide_end(""), "reject dkim none");
    begin_transaction();
    ck_assert_str_eq(decide_on("bob@h.test"), "accept greylist early");
    ck_assert_str_eq(decide_on("carl@h.test"), "reject rate of client above");
    ck_assert_str_eq(decide_end(""), "reject dkim none");
    end();
}
END_TEST

START_TEST(marks_stand_once_and_in_order)
{
    begin("{\"check\": \"helo\", \"action\": \"tag\"},"
          "{\"check\": \"greylist\", \"action\": \"tag\"},"
          "{\"check\": \"rate\", \"of\": \"recipient\", \"limit\": \"1/1h\", \"action\": "
          "\"defer\"},"
          "{\"check\": \"dkim\", \"action\": \"quarantine\"}");
    begin_transaction();
    ck_assert_str_eq(decide_on("bob@h.test"), "");
    ck_assert_str_eq(decide_on("carl@h.test"), "");
    ck_assert_str_eq(decide_end("X-Policy: tag; helo=unknown\r\nX-Policy: tag; greylist=new\r\n"
                                "X-Policy: quarantine; dkim=none\r\n"),
                     "quarantine dkim none");
    /* Who was refused marks nothing. */
    begin_transaction();
    ck_assert_str_eq(decide_on("bob@h.test"), "defer rate of recipient above");
    const struct policy_facts later = facts_at("carl@h.test", NULL, TIME_DAY + TIME_HOUR);
    ck_assert_str_eq(verdict_text(policy_decide(&later, &notes)), "");
    ck_assert_str_eq(decide_end("X-Policy: tag; helo=unknown\r\n"
                                "X-Policy: quarantine; dkim=none\r\n"),
                     "quarantine dkim none");
    end();
}
END_TEST

START_TEST(names_are_looked_up_at_rcpt_only_for_rules_that_need_it)
{
    static const struct {
        const char *rules;
        bool asks;
    } CASES[] = {
        {NEW_WAITS, false},
        {"{\"check\": \"spf\", \"action\": \"reject\"}", true},
        {"{\"check\": \"spf\", \"action\": \"reject\", \"at\": \"content\"}", false},
        {NEW_WAITS ", {\"check\": \"dnsbl\", \"zone\": \"z.test\", \"action\": \"tag\"}", true},
        {"{\"check\": \"dmarc\", \"action\": \"reject\"}", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        begin(CASES[i].rules);
        ck_assert_int_eq(policy_asks_at_recipient(&config), CASES[i].asks);
        end();
    }
}
END_TEST

UNIT_MAIN(the_first_that_ends_it_decides, greylisting_stands_in_its_place, rates,
          own_clients_have_rates_only, at_rcpt_each_recipient_is_judged_by_itself,
          a_message_to_many_counts_once, whom_a_rule_lets_in_at_rcpt_the_content_may_keep_out,
          marks_stand_once_and_in_order, names_are_looked_up_at_rcpt_only_for_rules_that_need_it)
