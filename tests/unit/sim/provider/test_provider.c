/*
 * The model of deliverability: allowances that grow, complaints that cost, rules for bulk senders,
 * readers and blocklists.
 */
#include "sim/provider/provider.h"

#include "mta-under-test/base/time_text.h"
#include "sim/provider/provider_record.h"
#include "tests/unit/unit.h"

#define START_US (INT64_C(1772442000) * TIME_SECOND) /* 2026-03-02 09:00 */

static struct arena arena;
static struct spec_document *document;
static struct provider_settings settings;
static struct provider *provider;

static int read_settings(const char *json, struct err *err)
{
    document = spec_document_parse("model", slice_of(json), err);
    ck_assert_msg(document != NULL, "%s", err->text);
    provider_settings_set_defaults(&settings);
    return provider_settings_read(spec_root(document), &arena, &settings, err);
}

static void open_provider(const char *json)
{
    struct err err = {0};
    ck_assert_msg(read_settings(json, &err) == 0, "%s", err.text);
    provider = provider_new("bigmail", &settings, 1);
}

static void close_provider(void)
{
    provider_free(&provider);
    provider_settings_release(&settings);
    spec_document_free(&document);
    arena_deinit(&arena);
}

static struct provider_mail mail_of(const char *const *to, int64_t at_us)
{
    struct provider_mail mail = {
        .now_us = START_US + at_us,
        .session = "s",
        .host = "mx",
        .sender = "news@sender.test",
        .header = SLICE("Subject: hello\r\n"),
        .spf_domain = "sender.test",
        .dkim_domain = "sender.test",
        .from_domain = "sender.test",
        .message = "m",
        .whole = true,
        .recipients = to,
        .recipient_count = 1,
    };
    ck_assert_int_eq(address_from_text(SLICE("192.0.2.10"), &mail.client), 0);
    for (size_t i = 0; i < PROVIDER_NEED_COUNT; i++)
        mail.has[i] = true;
    return mail;
}

/* Sends so many, a second apart; how many were taken into the inbox. */
static int send_many(int count, int64_t at_us, const char *name)
{
    int inbox = 0;
    for (int i = 0; i < count; i++) {
        char text[64];
        char id[64];
        const char *to = text;
        snprintf(text, sizeof text, "%s%d@bigmail.test", name, i);
        snprintf(id, sizeof id, "%s/%lld/%d", name, (long long)at_us, i);
        struct provider_mail mail = mail_of(&to, at_us + i * TIME_SECOND);
        mail.message = id;
        provider_note_recipient(provider, &mail, to, false, NULL);
        inbox += provider_judge(provider, &mail, NULL).placement == PROVIDER_INBOX;
    }
    return inbox;
}

START_TEST(test_the_allowance_grows_with_what_was_taken)
{
    open_provider("{\"warm-up\":{\"by\":[\"ip\",\"dkim\"],\"start\":10,\"growth\":200}}");
    ck_assert_int_eq(send_many(50, 0, "a"), 10);
    ck_assert_int_eq(send_many(50, TIME_DAY, "b"), 20);
    ck_assert_int_eq(send_many(50, 2 * TIME_DAY, "c"), 40);
    /* The busiest day counts, not the last one. */
    ck_assert_int_eq(send_many(5, 3 * TIME_DAY, "d"), 5);
    ck_assert_int_eq(send_many(100, 4 * TIME_DAY, "e"), 80);
    /* Who is silent for longer than is remembered begins again. */
    ck_assert_int_eq(send_many(50, 40 * TIME_DAY, "f"), 10);
    close_provider();
}
END_TEST

START_TEST(test_each_address_has_an_allowance_of_its_own)
{
    static const char *const CLIENTS[] = {"192.0.2.10", "192.0.3.10", "2001:db8::10"};
    const char *to = "a@bigmail.test";
    open_provider("{\"warm-up\":{\"by\":[\"ip\",\"prefix\"],\"start\":2}}");
    for (int i = 0; i < 3; i++) {
        for (size_t k = 0; k < sizeof CLIENTS / sizeof CLIENTS[0]; k++) {
            struct provider_mail mail = mail_of(&to, i * TIME_SECOND);
            ck_assert_int_eq(address_from_text(slice_of(CLIENTS[k]), &mail.client), 0);
            struct provider_verdict verdict = provider_judge(provider, &mail, NULL);
            ck_assert_int_eq(verdict.placement, i < 2 ? PROVIDER_INBOX : PROVIDER_DEFERRED);
            ck_assert(i < 2 || strstr(verdict.reply, CLIENTS[k]) != NULL);
        }
    }
    close_provider();
}
END_TEST

START_TEST(test_who_does_not_slow_down_is_blocked)
{
    open_provider("{\"warm-up\":{\"by\":\"ip\",\"start\":2,\"patience\":3,\"block\":\"1h\"}}");
    const char *to = "a@bigmail.test";
    send_many(30, 0, "a");
    struct provider_mail mail = mail_of(&to, TIME_MINUTE);
    mail.whole = false;
    struct provider_verdict verdict = provider_judge(provider, &mail, NULL);
    ck_assert_int_eq(verdict.placement, PROVIDER_REJECTED);
    ck_assert_str_eq(verdict.reason, "blocked");
    ck_assert_ptr_nonnull(strstr(verdict.reply, "550 5.7.28 Mail from 192.0.2.10 is blocked"));
    mail.now_us = START_US + 2 * TIME_HOUR;
    ck_assert_str_eq(provider_judge(provider, &mail, NULL).reason, "over-allowance");
    close_provider();
}
END_TEST

/* One reader in ten complains: within days all goes to junk, then it is refused. */
START_TEST(test_complaints_cost_the_inbox)
{
    open_provider("{\"readers\":[{\"complain\":\"10%\",\"within\":\"1h\"}]}");
    const char *to = "z@bigmail.test";
    ck_assert_int_eq(send_many(500, 0, "a"), 500);
    struct provider_mail mail = mail_of(&to, TIME_DAY);
    ck_assert_int_eq(provider_judge(provider, &mail, NULL).placement, PROVIDER_JUNK);
    send_many(10, TIME_DAY, "b");
    send_many(10, 2 * TIME_DAY, "c");
    send_many(10, 3 * TIME_DAY, "d");
    mail = mail_of(&to, 4 * TIME_DAY);
    enum provider_placement placed = provider_judge(provider, &mail, NULL).placement;
    ck_assert(placed == PROVIDER_DEFERRED || placed == PROVIDER_REJECTED);
    close_provider();
}
END_TEST

START_TEST(test_clean_days_raise_the_score)
{
    open_provider("{}");
    const char *to = "z@bigmail.test";
    struct provider_mail mail = mail_of(&to, 0);
    int64_t before = provider_score(provider, &mail, PROVIDER_KEY_COUNT);
    for (int day = 0; day < 7; day++)
        send_many(20, day * TIME_DAY, "a");
    mail = mail_of(&to, 7 * TIME_DAY);
    ck_assert_int_gt(provider_score(provider, &mail, PROVIDER_KEY_COUNT), before);
    ck_assert_int_gt(provider_score(provider, &mail, PROVIDER_KEY_IP), before);
    close_provider();
}
END_TEST

START_TEST(test_unknown_users_cost_the_address)
{
    open_provider("{}");
    const char *to = "z@bigmail.test";
    struct provider_mail mail = mail_of(&to, 0);
    int64_t before = provider_score(provider, &mail, PROVIDER_KEY_IP);
    for (int i = 0; i < 100; i++)
        provider_note_recipient(provider, &mail, to, true, NULL);
    mail = mail_of(&to, TIME_DAY);
    ck_assert_int_lt(provider_score(provider, &mail, PROVIDER_KEY_IP), before);
    close_provider();
}
END_TEST

START_TEST(test_bulk_senders_need_more)
{
    open_provider(
        "{\"bulk\":{\"over\":5,\"for-ever\":true},\"rules\":["
        "{\"needs\":\"spf-or-dkim\",\"then\":\"rejected\",\"reply\":\"550 5.7.26 no\"},"
        "{\"needs\":\"dkim\",\"of\":\"bulk\",\"then\":\"rejected\",\"reply\":\"550 5.7.30 "
        "{from-domain}\"},{\"needs\":\"one-click\",\"of\":\"bulk\",\"then\":\"junk\"}]}");
    const char *to = "z@bigmail.test";
    struct provider_mail mail = mail_of(&to, 0);
    mail.has[PROVIDER_NEED_DKIM] = false;
    mail.has[PROVIDER_NEED_ONE_CLICK] = false;
    ck_assert_int_eq(provider_judge(provider, &mail, NULL).placement, PROVIDER_INBOX);
    mail.has[PROVIDER_NEED_SPF_OR_DKIM] = false;
    ck_assert_str_eq(provider_judge(provider, &mail, NULL).reply, "550 5.7.26 no");
    mail.has[PROVIDER_NEED_SPF_OR_DKIM] = true;
    send_many(10, 0, "a");
    ck_assert_str_eq(provider_judge(provider, &mail, NULL).reply, "550 5.7.30 sender.test");
    mail.has[PROVIDER_NEED_DKIM] = true;
    ck_assert_int_eq(provider_judge(provider, &mail, NULL).placement, PROVIDER_JUNK);
    /* For ever. */
    mail.now_us += 5 * TIME_DAY;
    ck_assert_int_eq(provider_judge(provider, &mail, NULL).placement, PROVIDER_JUNK);
    close_provider();
}
END_TEST

START_TEST(test_traps_list_and_time_delists)
{
    open_provider("{\"blocklists\":[{\"name\":\"css.test\",\"traps\":\"trap-*\",\"hits\":2,\"for\":"
                  "\"3d\",\"then\":\"rejected\",\"reply\":\"550 5.7.1 listed: {key}\"}]}");
    const char *to = "z@bigmail.test";
    struct provider_mail mail = mail_of(&to, 0);
    provider_note_recipient(provider, &mail, "trap-1@bigmail.test", false, NULL);
    ck_assert_int_eq(provider_judge(provider, &mail, NULL).placement, PROVIDER_INBOX);
    provider_note_recipient(provider, &mail, "trap-2@bigmail.test", false, NULL);
    struct provider_verdict verdict = provider_judge(provider, &mail, NULL);
    ck_assert_str_eq(verdict.reason, "css.test");
    ck_assert_str_eq(verdict.reply, "550 5.7.1 listed: 192.0.2.10");
    mail.now_us += 4 * TIME_DAY;
    ck_assert_int_eq(provider_judge(provider, &mail, NULL).placement, PROVIDER_INBOX);
    close_provider();
}
END_TEST

/* The same seed, the same complaints; another one, others. */
static int64_t complaints_with(uint64_t seed)
{
    struct err err = {0};
    const char *to = "z@bigmail.test";
    ck_assert_int_eq(
        read_settings("{\"readers\":[{\"complain\":\"0.5%\",\"within\":\"1h\"}]}", &err), 0);
    provider = provider_new("bigmail", &settings, seed);
    send_many(300, 0, "a");
    struct provider_mail mail = mail_of(&to, TIME_DAY);
    provider_judge(provider, &mail, NULL);
    int64_t score = provider_score(provider, &mail, PROVIDER_KEY_COUNT);
    close_provider();
    return score;
}

START_TEST(test_readers_are_seeded)
{
    ck_assert_int_eq(complaints_with(1), complaints_with(1));
    bool differs = false;
    for (uint64_t seed = 2; seed < 8; seed++)
        differs |= complaints_with(seed) != complaints_with(1);
    ck_assert(differs);
}
END_TEST

/* Google counts all domains of an organisation together. */
START_TEST(test_who_is_a_bulk_sender)
{
    static const char *const BY[] = {"domain", "organisation"};
    static const char *const FROM[] = {"a.sender.test", "b.sender.test"};
    const char *to = "z@bigmail.test";
    for (size_t by = 0; by < 2; by++) {
        struct err err = {0};
        struct provider_verdict verdict = {0};
        char *json =
            mem_text_format("{\"bulk\":{\"over\":3,\"by\":\"%s\"},\"rules\":[{\"name\":"
                            "\"TLS\",\"needs\":\"tls\",\"of\":\"bulk\",\"then\":\"junk\"}]}",
                            BY[by]);
        ck_assert_int_eq(read_settings(json, &err), 0);
        provider = provider_new("bigmail", &settings, 1);
        for (int64_t i = 0; i < 5; i++) {
            struct provider_mail mail = mail_of(&to, i * TIME_SECOND);
            mail.from_domain = FROM[i % 2];
            mail.organisation = "sender.test";
            mail.has[PROVIDER_NEED_TLS] = false;
            verdict = provider_judge(provider, &mail, NULL);
            ck_assert(i == 4 || verdict.placement == PROVIDER_INBOX);
        }
        ck_assert_int_eq(verdict.placement, by == 0 ? PROVIDER_INBOX : PROVIDER_JUNK);
        close_provider();
        free(json);
    }
}
END_TEST

/* What the world hears. */
struct heard {
    int64_t reacted;
    int64_t listed;
    int64_t delisted;
    int64_t planned;
};

static void on_planned(void *context)
{
    struct heard *heard = context;
    heard->planned++;
}

static void on_reacted(void *context, const struct provider *from,
                       const struct provider_reaction *reaction)
{
    struct heard *heard = context;
    ck_assert_ptr_eq(from, provider);
    ck_assert(reaction->complains != reaction->one_click);
    ck_assert_str_eq(reaction->sender, "news@sender.test");
    ck_assert_str_eq(reaction->header, "Subject: hello\r\n");
    ck_assert_str_eq(reaction->keys[PROVIDER_KEY_IP], "192.0.2.10");
    heard->reacted++;
}

static void on_listed(void *context, const struct provider_blocklist *list,
                      const struct address *address, bool listed)
{
    struct heard *heard = context;
    ck_assert_str_eq(list->zone, "bl.test");
    ck_assert(address_is_ipv4(address));
    heard->listed += listed;
    heard->delisted += !listed;
}

START_TEST(test_what_is_due_happens_at_its_time)
{
    struct heard heard = {0};
    const struct provider_listener listener = {on_planned, on_reacted, on_listed, &heard};
    open_provider(
        "{\"readers\":[{\"complain\":\"100%\",\"within\":\"1h\"}],\"blocklists\":[{"
        "\"name\":\"l\",\"zone\":\"bl.test\",\"traps\":\"trap-*\",\"for\":\"3d\",\"then\":"
        "\"junk\"}]}");
    provider_listen(provider, &listener);
    const char *to = "a@bigmail.test";
    struct provider_mail mail = mail_of(&to, 0);
    /* Without a signature that passes nobody clicks (RFC 8058 4); nor does who complains. */
    mail.dkim_domain = "";
    ck_assert_int_eq(provider_due_us(provider), INT64_MAX);
    provider_judge(provider, &mail, NULL);
    int64_t due_us = provider_due_us(provider);
    ck_assert_int_ge(due_us, START_US);
    ck_assert_int_le(due_us, START_US + TIME_HOUR);
    provider_pass(provider, due_us - 1, NULL);
    ck_assert_int_eq(heard.reacted, 0);
    provider_pass(provider, due_us, NULL);
    ck_assert_int_eq(heard.reacted, 1);
    provider_note_recipient(provider, &mail, "trap-1@bigmail.test", false, NULL);
    ck_assert_int_eq(heard.listed, 1);
    ck_assert_int_eq(heard.planned, 2);
    ck_assert_int_eq(provider_due_us(provider), START_US + 3 * TIME_DAY);
    provider_pass(provider, START_US + 3 * TIME_DAY, NULL);
    ck_assert_int_eq(heard.delisted, 1);
    ck_assert_int_eq(provider_due_us(provider), INT64_MAX);
    close_provider();
}
END_TEST

static const struct {
    const char *json;
    const char *words;
} WRONG[] = {
    {"{\"reputation\":{\"weights\":{\"ip\":0,\"prefix\":0,\"dkim\":0,\"spf\":0}}}",
     "nothing has a"},
    {"{\"placement\":{\"inbox\":20,\"junk\":30}}", "fall from inbox"},
    {"{\"rules\":[{\"needs\":\"spff\",\"then\":\"junk\"}]}", "did you mean \"spf\""},
    {"{\"rules\":[{\"needs\":\"spf\",\"then\":\"inbox\"}]}", "without a rule"},
    {"{\"rules\":[{\"needs\":\"spf\",\"then\":\"rejected\",\"reply\":\"450 x\"}]}",
     "begins with 5"},
    {"{\"warm-up\":{\"growth\":50}}", "100"},
    {"{\"warm-up\":{\"memory\":\"90d\"}}", "1d to 31d"},
    {"{\"reputation\":{\"complaints\":{\"free\":\"2%\",\"worst\":\"1%\"}}}", "must lie above"},
    {"{\"feedback\":[{\"of\":\"sender.test\"}]}", "\"to\""},
    {"{\"feedback\":[{\"to\":\"complaints\"}]}", "an address like"},
    {"{\"feedback\":[{\"to\":\"a@b.test\",\"by\":\"url\"}]}", "ip, prefix, dkim"},
    {"{\"rules\":[{\"needs\":\"spf\",\"then\":\"rejected\",\"reply\":\"5 no\"}]}",
     "rules[0].reply: expected a reply that begins with 5"},
    {"{\"rules\":[{\"needs\":\"spf\",\"then\":\"rejected\",\"reply\":\"550 {form-domain}\"}]}",
     "\"{form-domain}\": no such name"},
    {"{\"rules\":[{\"needs\":\"spf\",\"then\":\"junk\",\"reply\":\"550 x\"}]}",
     "rules[0].reply: contradicts \"then\""},
    {"{\"rules\":[{\"needs\":\"spf\",\"then\":\"junk\",\"below\":\"3%\"}]}",
     "rules[0].below: is a share of complaints"},
    {"{\"rules\":[{\"needs\":\"spf\",\"then\":\"junk\"},{\"needs\":\"spf\",\"of\":\"bulk\","
     "\"then\":\"junk\"}]}",
     "rules[1]: can never decide: rules[0] before it asks for \"spf\""},
    {"{\"rules\":[{\"needs\":\"complaint-rate\",\"below\":\"1%\",\"then\":\"junk\"},"
     "{\"needs\":\"complaint-rate\",\"below\":\"2%\",\"then\":\"rejected\",\"reply\":\"550 x\"}]}",
     "rules[1]: can never decide"},
    {"{\"readers\":[{\"to\":\"*@a.test\"},{\"to\":\"ann@a.test\"}]}",
     "readers[1]: nobody is one of these readers"},
    {"{\"readers\":[{},{\"to\":\"ann@a.test\"}]}", "readers[1]: nobody"},
    {"{\"warm-up\":{\"start\":0}}", "start: expected a whole number from 1"},
    {"{\"replies\":{\"deferred\":\"550 x\"}}",
     "replies.deferred: expected a reply that begins with 4"},
    {"{\"replies\":{\"rejected\":\"450 x\"}}",
     "replies.rejected: expected a reply that begins with 5"},
    {"{\"replies\":{\"blocked\":\"gone\"}}", "replies.blocked: expected a reply"},
    {"{\"reader\":[]}", "did you mean \"readers\""},
};

START_TEST(test_wrong_models_are_named)
{
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct err err = {0};
        ck_assert_msg(read_settings(WRONG[i].json, &err) == -1, "%s", WRONG[i].json);
        ck_assert_msg(strstr(err.text, WRONG[i].words) != NULL, "%s: %s", WRONG[i].json, err.text);
        close_provider();
    }
}
END_TEST

static const char *const RIGHT[] = {
    ("{\"rules\":[{\"needs\":\"spf\",\"of\":\"bulk\",\"then\":\"junk\"},{\"needs\":\"spf\","
     "\"then\":"
     "\"rejected\","
     "\"reply\":\"550 {key} {provider} {from-domain}\"}]}"),
    ("{\"rules\":[{\"needs\":\"complaint-rate\",\"below\":\"2%\",\"then\":\"rejected\",\"reply\":"
     "\"550\"},"
     "{\"needs\":\"complaint-rate\",\"below\":\"1%\",\"then\":\"junk\"}]}"),
    ("{\"readers\":[{\"to\":\"ann@a.test\"},{\"to\":\"*@a.test\"},{}]}"),
    ("{\"replies\":{\"over-allowance\":\"550 5.7.1 x\",\"blocked\":\"421 4.7.0 "
     "x\"},\"warm-up\":{\"start\":1}}"),
};

START_TEST(test_right_models_are_taken)
{
    for (size_t i = 0; i < sizeof RIGHT / sizeof RIGHT[0]; i++) {
        struct err err = {0};
        ck_assert_msg(read_settings(RIGHT[i], &err) == 0, "%s: %s", RIGHT[i], err.text);
        close_provider();
    }
}
END_TEST

UNIT_MAIN(test_right_models_are_taken, test_each_address_has_an_allowance_of_its_own,
          test_the_allowance_grows_with_what_was_taken, test_who_does_not_slow_down_is_blocked,
          test_complaints_cost_the_inbox, test_clean_days_raise_the_score,
          test_unknown_users_cost_the_address, test_bulk_senders_need_more,
          test_traps_list_and_time_delists, test_readers_are_seeded, test_who_is_a_bulk_sender,
          test_what_is_due_happens_at_its_time, test_wrong_models_are_named)
