#include "mta-under-test/refmta/report/feedback.h"

#include "tests/unit/unit.h"

static struct arena arena;
static struct feedback feedback;

static void read_text(const char *text)
{
    arena_deinit(&arena);
    feedback_read(slice_of(text), &arena, &feedback);
}

#define HEAD(type)                                                          \
    "From: mx\r\nContent-Type: multipart/report; report-type=" type ";\r\n" \
    " boundary=\"b1\"\r\nSubject: x\r\n\r\nfor old readers\r\n--b1\r\n"     \
    "Content-Type: text/plain\r\n\r\nwords\r\n--b1\r\n"

START_TEST(a_notification_tells_who_failed_and_why)
{
    read_text(HEAD("delivery-status") "Content-Type: message/delivery-status\r\n\r\n"
                                      "Reporting-MTA: dns; mx.x.test\r\n\r\n"
                                      "Original-Recipient: rfc822; ann@x.test\r\n"
                                      "Final-Recipient: rfc822; real@x.test\r\n"
                                      "Action: failed\r\nStatus: 5.1.1\r\n"
                                      "Diagnostic-Code: smtp; 550 5.1.1\r\n no such user\r\n\r\n"
                                      "Final-Recipient: rfc822;bob@x.test\r\nAction: "
                                      "delayed\r\nStatus: 4.2.2\r\n\r\n"
                                      "Final-Recipient: rfc822; <carl@x.test>\r\nAction: "
                                      "Failed\r\nStatus: 5.2.1\r\n"
                                      "--b1--\r\n");
    ck_assert_int_eq(feedback.kind, FEEDBACK_FAILED);
    ck_assert_uint_eq(feedback.count, 2);
    ck_assert_str_eq(feedback.items[0].recipient, "ann@x.test");
    ck_assert_str_eq(feedback.items[0].reason.status, "5.1.1");
    ck_assert_str_eq(feedback.items[0].reason.text, "smtp; 550 5.1.1 no such user");
    ck_assert_str_eq(feedback.items[1].recipient, "carl@x.test");
    arena_deinit(&arena);
}
END_TEST

START_TEST(a_complaint_tells_who_complains)
{
    read_text(HEAD("feedback-report") "Content-Type: message/feedback-report\r\n\r\n"
                                      "Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n"
                                      "Original-Rcpt-To: <ann@x.test>\r\n--b1--\r\n");
    ck_assert_int_eq(feedback.kind, FEEDBACK_COMPLAINT);
    ck_assert_str_eq(feedback.items[0].recipient, "ann@x.test");
    arena_deinit(&arena);
}
END_TEST

START_TEST(what_has_not_the_form_is_nothing)
{
    static const char *const TEXTS[] = {
        "",
        "Subject: x\r\n\r\nFinal-Recipient: rfc822; a@x.test\r\nAction: failed\r\n",
        "Content-Type: multipart/report\r\n\r\n--b1\r\n",
        HEAD("delivery-status") "Content-Type: message/delivery-status\r\n\r\n"
                                "Action: failed\r\nStatus: 5.1.1\r\n--b1--\r\n",
        HEAD("delivery-status") "Content-Type: message/delivery-status\r\n\r\n"
                                "Final-Recipient: rfc822; a@x.test\r\nAction: failed\r\n",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        read_text(TEXTS[i]);
        ck_assert_uint_eq(feedback.count, 0);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(verp_goes_there_and_back)
{
    struct buf out;
    buf_init(&out, 512);
    ck_assert(feedback_verp_write("news@s.test", "ann+tag@x.test", &out));
    ck_assert_str_eq(buf_text(&out), "news+ann+tag=x.test@s.test");
    char address[64];
    snprintf(address, sizeof address, "%s", buf_text(&out));
    buf_reset(&out);
    ck_assert(feedback_verp_read(slice_of(address), &out));
    ck_assert_str_eq(buf_text(&out), "ann+tag@x.test");
    buf_reset(&out);
    ck_assert(!feedback_verp_write("", "ann@x.test", &out));
    ck_assert(!feedback_verp_write("news@s.test", "\"a b\"@x.test", &out));
    ck_assert(!feedback_verp_write(
        "news@s.test", "a.very.long.name.that.will.not.fit.at.all.there@example.x.test", &out));
    ck_assert(!feedback_verp_read(SLICE("news@s.test"), &out));
    ck_assert(!feedback_verp_read(SLICE("news+ann@s.test"), &out));
    ck_assert(!feedback_verp_read(SLICE("news+=x@s.test"), &out));
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(a_notification_tells_who_failed_and_why, a_complaint_tells_who_complains,
          what_has_not_the_form_is_nothing, verp_goes_there_and_back)
