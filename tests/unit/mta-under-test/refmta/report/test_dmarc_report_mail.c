#include "mta-under-test/refmta/report/dmarc_report_mail.h"

#include "tests/unit/unit.h"

START_TEST(the_mail_has_what_the_rfc_wants)
{
    static const char *const PARTS[] = {
        "From: <dmarc@s.test>\r\n",
        "To: <reports@x.test>\r\n",
        "Subject: Report Domain: x.test\r\n Submitter: mail.s.test\r\n Report-ID: <1.x@s.test>\r\n",
        "Message-ID: <1.x@s.test>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Type: multipart/mixed;",
        "Content-Type: application/gzip\r\n",
        "filename=\"mail.s.test!x.test!86400!172799.xml.gz\"\r\n",
        "\r\nZ3ppcA==\r\n",
    };
    const struct dmarc_report_mail mail = {
        .from = "dmarc@s.test", .to = "reports@x.test", .submitter = "mail.s.test"};
    const struct dmarc_report report = {.domain = SLICE("x.test"),
                                        .report_id = SLICE("1.x@s.test"),
                                        .begin_s = 86400,
                                        .end_s = 172799};
    struct buf out;
    buf_init(&out, 1 << 20);
    dmarc_report_mail_write(&mail, &report, SLICE("gzip"), &out);
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        ck_assert_msg(strstr(buf_text(&out), PARTS[i]) != NULL, "%s is not in\n%s", PARTS[i],
                      buf_text(&out));
    buf_deinit(&out);
}
END_TEST

START_TEST(the_attachment_can_be_read_back)
{
    struct dmarc_report_row row = {.source_ip = SLICE("192.0.2.1"), .count = 7};
    const struct dmarc_report report = {.org_name = SLICE("S"),
                                        .report_id = SLICE("1"),
                                        .domain = SLICE("x.test"),
                                        .p = SLICE("none"),
                                        .count = 1,
                                        .rows = &row};
    struct dmarc_report found;
    struct arena arena = {0};
    struct err err;
    struct buf gzip;
    buf_init(&gzip, 1 << 20);
    ck_assert(dmarc_report_compress(&report, &gzip));
    ck_assert_msg(dmarc_report_read(&arena, buf_slice(&gzip), &found, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(found.rows[0].count, 7);
    buf_deinit(&gzip);
    buf_init(&gzip, 10);
    ck_assert(!dmarc_report_compress(&report, &gzip));
    buf_deinit(&gzip);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN(the_mail_has_what_the_rfc_wants, the_attachment_can_be_read_back)
