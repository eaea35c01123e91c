/*
 * A complaint as an ARF report: its parts, the fields that RFC 5965 asks for, and the header of the
 * message.
 */
#include "sim/readers/feedback_report.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static struct provider_reaction complaint_of(const char *header)
{
    struct provider_reaction complaint = {
        .arrived_us = INT64_C(1772442000) * TIME_SECOND,
        .complains = true,
        .sender = "news@sender.test",
        .recipient = "ann@bigmail.test",
        .message = "m1",
        .header = header,
        .from_domain = "sender.test",
    };
    ck_assert_int_eq(address_from_text(SLICE("192.0.2.10"), &complaint.client), 0);
    return complaint;
}

static void write_report(const char *reported, const char *header, struct buf *out)
{
    const struct provider_reaction complaint = complaint_of(header);
    const struct feedback_report report = {
        .provider = "bigmail",
        .host = "mx.bigmail.test",
        .from = "feedback@mx.bigmail.test",
        .to = "complaints@sender.test",
        .reported = reported,
        .now_us = INT64_C(1772445600) * TIME_SECOND,
        .complaint = &complaint,
    };
    buf_init(out, 100000);
    feedback_report_write(&report, out);
}

START_TEST(test_a_report_has_three_parts_and_what_must_be_in_them)
{
    static const char *const LINES[] = {
        "Content-Type: multipart/report; report-type=feedback-report;\r\n",
        "\r\n\r\n--=_feedback_report\r\nContent-Type: text/plain",
        "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n",
        "\r\nUser-Agent: Mailrange-bigmail/1.0\r\nVersion: 1\r\n",
        "\r\nOriginal-Mail-From: <news@sender.test>\r\n",
        "\r\nOriginal-Rcpt-To: <ann@bigmail.test>\r\n",
        "\r\nArrival-Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n",
        "\r\nSource-IP: 192.0.2.10\r\n",
        "\r\nReported-Domain: sender.test\r\n",
        "Content-Type: text/rfc822-headers\r\n\r\nSubject: hello\r\nX-A: 1\r\n\r\n--=",
    };
    struct buf out;
    write_report("sender.test", "Subject: hello\r\nX-A: 1\r\n", &out);
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++)
        ck_assert_msg(strstr(buf_text(&out), LINES[i]) != NULL, "%s is not in\n%s", LINES[i],
                      buf_text(&out));
    ck_assert_str_eq(buf_text(&out) + out.len - 25, "\r\n--=_feedback_report--\r\n");
    buf_deinit(&out);
}
END_TEST

START_TEST(test_a_loop_by_address_names_no_domain)
{
    struct buf out;
    write_report("", "Subject: hello\r\n", &out);
    ck_assert_ptr_null(strstr(buf_text(&out), "Reported-Domain"));
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(test_a_report_has_three_parts_and_what_must_be_in_them,
          test_a_loop_by_address_names_no_domain)
