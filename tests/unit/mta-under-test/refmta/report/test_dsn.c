#include "mta-under-test/refmta/report/dsn.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static void write_report(enum dsn_kind kind, struct buf *out)
{
    static struct dsn_recipient recipients[2];
    recipients[0] =
        (struct dsn_recipient){.address = "bob@b.test", .orcpt = "rfc822;Bob+2Bx@b.test"};
    reason_set(&recipients[0].reason, "5.1.1", true, "mx.b.test", "550 5.1.1 No such user");
    recipients[1] = (struct dsn_recipient){.address = "ann@c.test"};
    reason_set(&recipients[1].reason, "4.4.1", false, "", "cannot connect");
    struct dsn_facts facts = {
        .kind = kind,
        .hostname = "mail.sender.test",
        .to = "news@sender.test",
        .id = "abc",
        .about_id = "def",
        .envid = "id+2D1",
        .received_us = INT64_C(1772442000) * TIME_SECOND,
        .now_us = INT64_C(1772442060) * TIME_SECOND,
        .retry_until_us = INT64_C(1772874000) * TIME_SECOND,
        .recipients = recipients,
        .recipient_count = 2,
        .original = SLICE("X-Mailrange-Id: m1\r\nSubject: hello\r\n"),
    };
    dsn_write(&facts, out);
}

static void expect(const struct buf *out, const char *part)
{
    ck_assert_msg(strstr(buf_text(out), part) != NULL, "no \"%s\" in:\n%s", part, buf_text(out));
}

START_TEST(a_failure_has_all_fields)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    write_report(DSN_FAILED, &out);
    expect(&out, "From: Mail Delivery System <MAILER-DAEMON@mail.sender.test>\r\n");
    expect(&out, "To: <news@sender.test>\r\n");
    expect(&out, "Auto-Submitted: auto-replied\r\n");
    expect(&out, "Content-Type: multipart/report; report-type=delivery-status;\r\n"
                 "  boundary=\"=_abc/mail.sender.test\"\r\n");
    expect(&out, "\r\n--=_abc/mail.sender.test\r\nContent-Type: message/delivery-status\r\n");
    expect(&out, "Reporting-MTA: dns; mail.sender.test\r\nOriginal-Envelope-Id: id-1\r\n");
    expect(&out, "Arrival-Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n");
    expect(&out, "\r\n\r\nOriginal-Recipient: rfc822;Bob+x@b.test\r\n"
                 "Final-Recipient: rfc822; bob@b.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
                 "Remote-MTA: dns; mx.b.test\r\n"
                 "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n");
    expect(&out, "\r\n\r\nFinal-Recipient: rfc822; ann@c.test\r\nAction: failed\r\n"
                 "Status: 4.4.1\r\nDiagnostic-Code: x-local; cannot connect\r\n");
    expect(&out, "Content-Type: text/rfc822-headers\r\n");
    expect(&out, "\r\n\r\nX-Mailrange-Id: m1\r\nSubject: hello\r\n\r\n"
                 "--=_abc/mail.sender.test--\r\n");
    ck_assert_ptr_null(strstr(buf_text(&out), "Will-Retry-Until"));
    buf_deinit(&out);
}
END_TEST

START_TEST(a_delay_says_until_when)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    write_report(DSN_DELAYED, &out);
    expect(&out, "Action: delayed\r\n");
    expect(&out, "Will-Retry-Until: Sat, 07 Mar 2026 09:00:00 +0000\r\n");
    buf_deinit(&out);
}
END_TEST

START_TEST(lines_are_short_and_end_in_crlf)
{
    struct buf out;
    struct dsn_recipient recipient = {.address = "bob@b.test"};
    char text[400];
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 10 == 9 ? ' ' : 'x';
    text[sizeof text - 1] = '\0';
    reason_set(&recipient.reason, "5.0.0", true, "mx.b.test", "%s", text);
    struct dsn_facts facts = {.kind = DSN_FAILED,
                              .hostname = "h.test",
                              .to = "a@b.test",
                              .id = "1",
                              .about_id = "2",
                              .recipients = &recipient,
                              .recipient_count = 1,
                              .original = SLICE("A: b\r\n")};
    buf_init(&out, 1 << 16);
    dsn_write(&facts, &out);
    const char *folded = strstr(buf_text(&out), "Diagnostic-Code:");
    ck_assert_ptr_nonnull(folded);
    ck_assert(strchr(folded, '\r') - folded <= 78);
    for (size_t i = 0; i < out.len; i++)
        if (out.data[i] == '\n')
            ck_assert(i > 0 && out.data[i - 1] == '\r');
    buf_deinit(&out);
}
END_TEST

static void expect_type(const char *original, bool is_full, const char *type)
{
    struct buf out;
    struct dsn_recipient recipient = {.address = "b@x.test"};
    struct dsn_facts facts = {.kind = DSN_FAILED,
                              .hostname = "h.test",
                              .to = "a@b.test",
                              .id = "1",
                              .about_id = "2",
                              .recipients = &recipient,
                              .recipient_count = 1,
                              .original = slice_of(original),
                              .is_full = is_full,
                              .is_utf8 = true};
    buf_init(&out, 1 << 16);
    dsn_write(&facts, &out);
    ck_assert_msg(strstr(buf_text(&out), type) != NULL, "no %s in: %s", type, buf_text(&out));
    buf_deinit(&out);
}

/* RFC 6533 4. */
START_TEST(a_header_in_utf8_has_a_type_of_its_own)
{
    expect_type("Subject: h\xc3\xa9llo\r\n", false, "\r\nContent-Type: message/global-headers\r\n");
    expect_type("Subject: h\xc3\xa9llo\r\n\r\nx\r\n", true, "\r\nContent-Type: message/global\r\n");
    expect_type("Subject: hello\r\n", false, "\r\nContent-Type: text/rfc822-headers\r\n");
    expect_type("Subject: hello\r\n\r\n\xc3\xa9\r\n", true, "\r\nContent-Type: message/rfc822\r\n");
}
END_TEST

START_TEST(headers_end_at_the_empty_line)
{
    ck_assert(slice_is(dsn_headers_of(SLICE("A: b\r\n\r\nbody\r\n\r\n")), "A: b\r\n"));
    ck_assert(slice_is(dsn_headers_of(SLICE("\r\nbody")), ""));
    ck_assert(slice_is(dsn_headers_of(SLICE("A: b\r\n")), "A: b\r\n"));
}
END_TEST

UNIT_MAIN(a_header_in_utf8_has_a_type_of_its_own, a_failure_has_all_fields, a_delay_says_until_when,
          lines_are_short_and_end_in_crlf, headers_end_at_the_empty_line)
