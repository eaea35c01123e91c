#include "mta-under-test/refmta/check/check.h"

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
    bool fails = strcmp(question->name, "broken.test") == 0;
    check_answer(check, question, fails ? CHECK_FAILED : CHECK_NO_NAME, NULL, 0);
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
    unsigned rounds = 0;
    while (!check_run(check)) {
        struct check_question question;
        ck_assert_uint_lt(rounds++, 20);
        while (check_next_question(check, &question))
            answer(check, &question);
    }
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

UNIT_MAIN(a_good_client_passes, a_list_that_refuses_lists_nobody, failures_have_their_words,
          one_field_tells_all)
