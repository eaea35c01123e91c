#include "mta-under-test/refmta/server/completion.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

static const char DATE[] = "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n";
static const char ID[] = "Message-ID: <1f@h.test>\r\n";

static void expect(const char *user, const char *content, const char *added, const char *kept)
{
    const struct completion_facts facts = {
        .hostname = "h.test", .id = "1f", .user = user, .now_us = 1800000000 * INT64_C(1000000)};
    struct buf out;
    buf_init(&out, 10000);
    completion_write(&facts, slice_of(content), &out);
    char *whole = mem_text_format("%s%s", added, kept);
    ck_assert_str_eq(buf_text(&out), whole);
    free(whole);
    buf_deinit(&out);
}

START_TEST(what_is_missing_is_added)
{
    char *both = mem_text_format("%s%s", DATE, ID);
    expect(NULL, "Subject: x\r\n\r\nDate: no\r\n", both, "Subject: x\r\n\r\nDate: no\r\n");
    expect(NULL, "no header at all\r\n", both, "no header at all\r\n");
    expect(NULL, "", both, "");
    free(both);
    expect(NULL, "date: Mon, 1 Mar 2027 00:00:00 +0100\r\n\r\n", ID,
           "date: Mon, 1 Mar 2027 00:00:00 +0100\r\n\r\n");
    expect(NULL, "Message-Id:\r\n <a@b>\r\n\r\n", DATE, "Message-Id:\r\n <a@b>\r\n\r\n");
}
END_TEST

START_TEST(what_is_wrong_is_replaced)
{
    expect(NULL, "A: 1\r\nDate: today\r\n at noon\r\nMessage-ID: <a@b>\r\nB: 2\r\n\r\nx", DATE,
           "A: 1\r\nMessage-ID: <a@b>\r\nB: 2\r\n\r\nx");
    static const char *const WRONG[] = {"a@b", "<a>", "<@b>", "<a@>", "<a @b>", "", "<>"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        char *content = mem_text_format("%sMessage-ID: %s\r\n\r\n", DATE, WRONG[i]);
        char *kept = mem_text_format("%s\r\n", DATE);
        expect(NULL, content, ID, kept);
        free(content);
        free(kept);
    }
}
END_TEST

START_TEST(sender)
{
    static const char SENDER[] = "Sender: <ann@h.test>\r\n";
    static const struct {
        const char *user;
        const char *before;
        const char *added;
        const char *kept;
    } CASES[] = {
        {"ann@h.test", "From: Boss <boss@h.test>\r\n", SENDER, "From: Boss <boss@h.test>\r\n"},
        {"ann@h.test", "From: Ann <ANN@h.test>\r\n", "", "From: Ann <ANN@h.test>\r\n"},
        {"ann@h.test", "From: a@h.test, ann@h.test\r\n", SENDER, "From: a@h.test, ann@h.test\r\n"},
        {"ann@h.test", "Sender: eve@h.test\r\nFrom: boss@h.test\r\n", SENDER,
         "From: boss@h.test\r\n"},
        {"ann@h.test", "Sender: eve@h.test\r\nFrom: ann@h.test\r\n", "",
         "Sender: eve@h.test\r\nFrom: ann@h.test\r\n"},
        {"ann", "From: boss@h.test\r\n", "", "From: boss@h.test\r\n"},
        {NULL, "From: boss@h.test\r\nSender: eve@h.test\r\n", "",
         "From: boss@h.test\r\nSender: eve@h.test\r\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *content = mem_text_format("%s%s%s\r\n", DATE, ID, CASES[i].before);
        char *kept = mem_text_format("%s%s%s\r\n", DATE, ID, CASES[i].kept);
        expect(CASES[i].user, content, CASES[i].added, kept);
        free(content);
        free(kept);
    }
}
END_TEST

UNIT_MAIN(what_is_missing_is_added, what_is_wrong_is_replaced, sender)
