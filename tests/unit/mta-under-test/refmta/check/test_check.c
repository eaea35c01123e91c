#include "mta-under-test/refmta/check/check.h"

#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "tests/unit/unit.h"

/* What DNS says in these tests. All else is not there. */
static const struct {
    const char *name;
    unsigned type;
    const char *host;
    const char *text;
    uint8_t address[4];
} NAMES[] = {
    {"10.2.0.192.in-addr.arpa", 12, "mx.good.test", "", {0}},
    {"mx.good.test", 1, NULL, "", {192, 0, 2, 10}},
    {"other.test", 1, NULL, "", {192, 0, 2, 99}},
    {"10.2.0.192.listed.test", 1, NULL, "", {127, 0, 0, 2}},
    {"10.2.0.192.quota.test", 1, NULL, "", {127, 255, 255, 254}},
    {"good.test", 16, NULL, "v=spf1 ip4:192.0.2.10 -all", {0}},
    {"bad.test", 16, NULL, "v=spf1 -all", {0}},
    {"_dmarc.strict.test", 16, NULL, "v=DMARC1; p=reject", {0}},
    {"_dmarc.watch.test", 16, NULL, "v=DMARC1; p=none", {0}},
    {"_dmarc.asks.test",
     16,
     NULL,
     "v=DMARC1; p=reject; rua=mailto:r@asks.test,mailto:c@far.test!10k,mailto:v@victim.test,"
     "mailto:b@broken.test",
     {0}},
    {"asks.test._report._dmarc.far.test", 16, NULL, "v=DMARC1", {0}},
};

static void answer(struct check *check, const struct check_question *question)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i].name, question->name) != 0 || NAMES[i].type != question->type)
            continue;
        struct check_record record = {
            .host = NAMES[i].host, .address = NAMES[i].address, .text = slice_of(NAMES[i].text)};
        check_answer(check, question, CHECK_FOUND, &record, 1);
        return;
    }
    size_t len = strlen(question->name);
    bool fails = len >= 11 && strcmp(question->name + len - 11, "broken.test") == 0;
    check_answer(check, question, fails ? CHECK_FAILED : CHECK_NO_NAME, NULL, 0);
}

static void finish(struct check *check)
{
    unsigned rounds = 0;
    while (!check_run(check)) {
        struct check_question question;
        ck_assert_uint_lt(rounds++, 20);
        while (check_next_question(check, &question))
            answer(check, &question);
    }
}

static struct check *run(const char *helo, const char *sender, const char *author)
{
    static const char *const ZONES[] = {"listed.test", "quota.test", "clean.test"};
    static char content[500];
    snprintf(content, sizeof content,
             "Authentication-Results: our.test; spf=pass\r\n"
             "Authentication-Results: their.test; spf=pass\r\nFrom: <a@%s>\r\n\r\nhello\r\n",
             author);
    struct check_request request = {
        .client = "192.0.2.10",
        .helo = helo,
        .sender = sender,
        .hostname = "our.test",
        .content = slice_of(content),
        .zones = ZONES,
        .zone_count = 3,
    };
    struct check *check = check_new(&request);
    ck_assert_ptr_nonnull(check);
    finish(check);
    return check;
}

START_TEST(a_good_client_passes)
{
    struct check *check = run("mx.good.test", "a@good.test", "good.test");
    ck_assert_str_eq(check_iprev(check), "pass");
    ck_assert_str_eq(check_helo(check), "pass");
    ck_assert_str_eq(check_spf(check), "pass");
    ck_assert_str_eq(check_dkim(check), "none");
    ck_assert_str_eq(check_arc(check), "none");
    ck_assert_str_eq(check_dmarc(check), "none");
    check_free(&check);
}
END_TEST

START_TEST(a_list_that_refuses_lists_nobody)
{
    struct check *check = run("other.test", "", "good.test");
    ck_assert_str_eq(check_dnsbl(check, 0), "listed");
    ck_assert_str_eq(check_dnsbl(check, 1), "refused");
    ck_assert_str_eq(check_dnsbl(check, 2), "not-listed");
    ck_assert_str_eq(check_helo(check), "differs");
    check_free(&check);
}
END_TEST

START_TEST(failures_have_their_words)
{
    struct check *check = run("no.test", "a@bad.test", "strict.test");
    ck_assert_str_eq(check_helo(check), "unknown");
    ck_assert_str_eq(check_spf(check), "fail");
    ck_assert_str_eq(check_dmarc(check), "reject");
    check_free(&check);
    check = run("[192.0.2.10]", "a@bad.test", "watch.test");
    ck_assert_str_eq(check_helo(check), "literal");
    ck_assert_str_eq(check_dmarc(check), "monitor");
    check_free(&check);
    check = run("mx.good.test", "a@broken.test", "good.test");
    ck_assert_str_eq(check_spf(check), "temperror");
    check_free(&check);
}
END_TEST

START_TEST(one_field_tells_all)
{
    struct buf out;
    struct check *check = run("mx.good.test", "a@good.test", "good.test");
    buf_init(&out, 10000);
    check_write(check, &out, SLICE("X-Policy: tag\r\n"));
    const char *text = buf_text(&out);
    ck_assert_int_eq(strncmp(text, "Authentication-Results: our.test;\r\n", 35), 0);
    ck_assert_ptr_nonnull(strstr(text,
                                 ";\r\n\tiprev=pass policy.iprev=192.0.2.10\r\nX-Policy: tag\r\n"
                                 "Authentication-Results: their.test; spf=pass\r\nFrom: "));
    ck_assert_ptr_null(strstr(text + 35, "Authentication-Results: our.test"));
    ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nhello\r\n"));
    buf_deinit(&out);
    check_free(&check);
}
END_TEST

START_TEST(a_message_is_a_row_of_a_report)
{
    struct arena arena = {0};
    struct dmarc_report report;
    struct check *check = run("mx.good.test", "a@good.test", "asks.test");
    ck_assert(check_dmarc_report(check, "reject", &arena, &report));
    const struct dmarc_report_row *row = &report.rows[0];
    ck_assert(slice_is(report.domain, "asks.test") && slice_is(report.p, "reject"));
    ck_assert(slice_is(row->source_ip, "192.0.2.10") && slice_is(row->disposition, "reject"));
    ck_assert(slice_is(row->dkim, "fail") && slice_is(row->spf, "fail"));
    ck_assert(slice_is(row->header_from, "asks.test") && row->reason_count == 0);
    ck_assert(slice_is(row->spf_results[0].domain, "good.test"));
    ck_assert(slice_is(row->spf_results[0].result, "pass"));
    /* We did not do what was asked, and say so. */
    ck_assert(check_dmarc_report(check, "none", &arena, &report));
    ck_assert_uint_eq(report.rows[0].reason_count, 1);
    ck_assert(slice_is(report.rows[0].reasons[0].type, "local_policy"));
    check_free(&check);
    arena_deinit(&arena);
}
END_TEST

START_TEST(who_does_not_ask_is_not_reported_to_nor_are_reports)
{
    struct arena arena = {0};
    struct dmarc_report report;
    struct check *check = run("mx.good.test", "a@good.test", "strict.test");
    ck_assert(!check_dmarc_report(check, "reject", &arena, &report));
    check_free(&check);
    check = run("mx.good.test", "a@good.test",
                "asks.test>\r\nSubject: Report Domain: our.test Submitter: x Report-ID: <1");
    ck_assert_str_eq(check_dmarc(check), "reject");
    ck_assert(!check_dmarc_report(check, "none", &arena, &report));
    check_free(&check);
    arena_deinit(&arena);
}
END_TEST

START_TEST(reports_go_where_they_are_welcome)
{
    struct check_target targets[5];
    struct arena arena = {0};
    bool failed = true;
    struct check *check = check_new_targets("asks.test");
    finish(check);
    ck_assert_uint_eq(check_targets(check, &arena, targets, 5, &failed), 4);
    ck_assert(!failed);
    ck_assert_str_eq(targets[0].address, "r@asks.test");
    ck_assert(targets[0].problem == NULL && targets[0].bytes_max == 0);
    ck_assert(targets[1].problem == NULL && targets[1].bytes_max == 10240);
    ck_assert(targets[2].problem != NULL && !targets[2].is_temporary);
    ck_assert(targets[3].problem != NULL && targets[3].is_temporary);
    check_free(&check);
    check = check_new_targets("broken.test");
    finish(check);
    ck_assert_uint_eq(check_targets(check, &arena, targets, 5, &failed), 0);
    ck_assert(failed);
    check_free(&check);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(a_good_client_passes, a_list_that_refuses_lists_nobody, failures_have_their_words,
          one_field_tells_all, a_message_is_a_row_of_a_report,
          who_does_not_ask_is_not_reported_to_nor_are_reports, reports_go_where_they_are_welcome)
