#include "sim/mx/dsn.h"

#include "tests/unit/unit.h"

static const char BOUNCE[] = "From: MAILER-DAEMON@mail.sender.test\r\n"
                             "Subject: Undelivered\r\n"
                             "Content-Type: multipart/report; report-type=delivery-status;\r\n"
                             "\tboundary=\"A;B.1/mail\"\r\n"
                             "\r\n"
                             "preamble\r\n"
                             "--A;B.1/mail\r\n"
                             "Content-Type: text/plain\r\n"
                             "\r\n"
                             "I'm sorry.\r\n"
                             "\r\n"
                             "--A;B.1/mail\r\n"
                             "Content-Type: message/delivery-status\r\n"
                             "\r\n"
                             "Reporting-MTA: dns; mail.sender.test\r\n"
                             "Arrival-Date: Mon, 2 Mar 2026 09:00:00 +0000\r\n"
                             "\r\n"
                             "Final-Recipient: rfc822; bob@a.test\r\n"
                             "Original-Recipient: rfc822;Bob@a.test\r\n"
                             "Action: Failed\r\n"
                             "Status: 5.1.1\r\n"
                             "Remote-MTA: dns; mx.a.test\r\n"
                             "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"
                             "    here\r\n"
                             "\r\n"
                             "Final-Recipient: rfc822; ann@a.test\r\n"
                             "Action: delayed\r\n"
                             "Status: 4.2.2\r\n"
                             "\r\n"
                             "--A;B.1/mail\r\n"
                             "Content-Type: message/rfc822\r\n"
                             "\r\n"
                             "X-Mailrange-Id: m7\r\n"
                             "Subject: hello\r\n"
                             "\r\n"
                             "X-Mailrange-Id: not this\r\n"
                             "--A;B.1/mail--\r\n"
                             "epilogue\r\n";

START_TEST(test_bounce)
{
    struct arena arena = {0};
    struct dsn dsn;
    ck_assert(dsn_parse(slice_of(BOUNCE), &arena, &dsn));
    ck_assert_str_eq(dsn.reporting_mta, "mail.sender.test");
    ck_assert_str_eq(dsn.message, "m7");
    ck_assert_uint_eq(dsn.recipient_count, 2);
    ck_assert_str_eq(dsn.recipients[0].recipient, "bob@a.test");
    ck_assert_str_eq(dsn.recipients[0].original_recipient, "Bob@a.test");
    ck_assert_str_eq(dsn.recipients[0].action, "failed");
    ck_assert_str_eq(dsn.recipients[0].status, "5.1.1");
    ck_assert_str_eq(dsn.recipients[0].remote_mta, "mx.a.test");
    ck_assert_str_eq(dsn.recipients[0].diagnostic, "550 5.1.1 No such user here");
    ck_assert_str_eq(dsn.recipients[1].action, "delayed");
    ck_assert_str_eq(dsn.recipients[1].diagnostic, "");
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_what_is_none)
{
    static const char *const OTHERS[] = {
        "",
        "Subject: hello\r\n\r\nbody\r\n",
        "Content-Type: text/plain\r\n\r\nFinal-Recipient: rfc822; a@b.test\r\n",
        "Content-Type: multipart/report\r\n\r\n--x\r\n",
        "Content-Type: multipart/report; boundary=x\r\n\r\nno part\r\n",
        ("Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n"
         "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.test\r\n--x--\r\n"),
    };
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        struct arena arena = {0};
        struct dsn dsn;
        ck_assert_msg(!dsn_parse(slice_of(OTHERS[i]), &arena, &dsn), "%zu", i);
        arena_deinit(&arena);
    }
}
END_TEST

START_TEST(test_headers_only_and_bare_boundary)
{
    static const char TEXT[] = "content-type: Multipart/Report; boundary=x\n\n--x\n"
                               "Content-Type: message/delivery-status\n\n"
                               "Reporting-MTA: a.test\n\nFinal-Recipient: b@c.test\n\n--x\n"
                               "Content-Type: text/rfc822-headers\n\nX-Mailrange-Id: q\n--x--\n";
    struct arena arena = {0};
    struct dsn dsn;
    ck_assert(dsn_parse(slice_of(TEXT), &arena, &dsn));
    ck_assert_str_eq(dsn.reporting_mta, "a.test");
    ck_assert_str_eq(dsn.recipients[0].recipient, "b@c.test");
    ck_assert_str_eq(dsn.message, "q");
    arena_deinit(&arena);
}
END_TEST

static const char PROSE[] = "From: MAILER-DAEMON <>\r\n"
                            "X-Mailrange-Id: not this\r\n"
                            "\r\n"
                            "There was an error delivering your mail to <bob@a.test>.\r\n"
                            "mx.a.test <198.18.1.1> did not like it, <broken.\r\n"
                            "Message headers follow.\r\n"
                            "\r\n"
                            "Received: from root for <not@this.test>\r\n"
                            "X-Mailrange-Id: m7\r\n"
                            "X-Mailrange-Id: nor this\r\n";

START_TEST(test_a_text_for_people)
{
    static const char *const OTHERS[] = {
        "Subject: hello\r\n\r\nTo <bob@a.test>, of nothing that is quoted\r\n",
        "Subject: hello\r\n\r\nNobody is named\r\nX-Mailrange-Id: m7\r\n",
        "X-Mailrange-Id: m7\r\nTo: <bob@a.test>\r\n\r\n",
        "",
    };
    struct arena arena = {0};
    struct dsn dsn;
    ck_assert(!dsn_parse(slice_of(PROSE), &arena, &dsn));
    ck_assert(dsn_parse_prose(slice_of(PROSE), &arena, &dsn));
    ck_assert_str_eq(dsn.message, "m7");
    ck_assert_uint_eq(dsn.recipient_count, 1);
    ck_assert_str_eq(dsn.recipients[0].recipient, "bob@a.test");
    ck_assert_str_eq(dsn.recipients[0].action, "failed");
    ck_assert_str_eq(dsn.recipients[0].status, "");
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++)
        ck_assert_msg(!dsn_parse_prose(slice_of(OTHERS[i]), &arena, &dsn), "%zu", i);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(test_bounce, test_what_is_none, test_headers_only_and_bare_boundary,
          test_a_text_for_people)
