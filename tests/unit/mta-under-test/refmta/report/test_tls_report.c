#include "mta-under-test/refmta/report/tls_report.h"

#include <stdio.h>
#include <zlib.h>

#include "tests/unit/unit.h"

static struct tlsrpt_report report;

static void start(void)
{
    report = (struct tlsrpt_report){.organization_name = SLICE("Sender"),
                                    .start = SLICE("2026-03-02T00:00:00Z"),
                                    .end = SLICE("2026-03-02T23:59:59Z"),
                                    .contact_info = SLICE("a@s.test"),
                                    .report_id = SLICE("1.x.test@s.test")};
}

START_TEST(the_report_is_gzip_of_json)
{
    struct buf gzip;
    unsigned char text[4096];
    z_stream stream = {0};
    start();
    buf_init(&gzip, TLS_REPORT_BYTES_MAX);
    ck_assert(tls_report_compress(&report, &gzip));
    stream.next_in = (unsigned char *)gzip.data;
    stream.avail_in = (uInt)gzip.len;
    stream.next_out = text;
    stream.avail_out = sizeof text - 1;
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    text[stream.total_out] = '\0';
    inflateEnd(&stream);
    ck_assert_ptr_nonnull(strstr((const char *)text, "\"report-id\":\"1.x.test@s.test\""));
    buf_deinit(&gzip);
}
END_TEST

START_TEST(the_mail_has_what_the_rfc_wants)
{
    static const char *const PARTS[] = {
        "From: <a@s.test>\r\n",
        "To: <tls@x.test>\r\n",
        "Subject: Report Domain: x.test Submitter: mail.s.test Report-ID: <1.x.test@s.test>\r\n",
        "TLS-Report-Domain: x.test\r\n",
        "TLS-Report-Submitter: mail.s.test\r\n",
        "TLS-Required: No\r\n",
        "Content-Type: multipart/report; report-type=\"tlsrpt\";",
        "Content-Type: application/tlsrpt+gzip\r\n",
        "filename=\"mail.s.test!x.test!0!86399!1.json.gz\"\r\n",
        "\r\nZ3ppcA==\r\n",
    };
    struct tls_report_mail mail = {.from = "a@s.test",
                                   .to = "tls@x.test",
                                   .domain = "x.test",
                                   .submitter = "mail.s.test",
                                   .end_us = INT64_C(86399000000)};
    struct buf out;
    start();
    buf_init(&out, 1 << 20);
    tls_report_mail_write(&mail, &report, SLICE("gzip"), &out);
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        ck_assert_msg(strstr(buf_text(&out), PARTS[i]) != NULL, "%s is not in\n%s", PARTS[i],
                      buf_text(&out));
    buf_deinit(&out);
}
END_TEST

START_TEST(targets_come_from_the_one_record)
{
    struct slice uris[4];
    struct slice one[] = {SLICE("v=spf1 -all"),
                          SLICE("v=TLSRPTv1; rua=mailto:a@x.test,https://x.test/r")};
    struct slice two[] = {SLICE("v=TLSRPTv1; rua=mailto:a@x.test"),
                          SLICE("v=TLSRPTv1; rua=mailto:b@x.test")};
    ck_assert_uint_eq(tls_report_targets(one, 2, uris, 4), 2);
    ck_assert(slice_is(uris[0], "mailto:a@x.test") && slice_is(uris[1], "https://x.test/r"));
    ck_assert_uint_eq(tls_report_targets(one, 1, uris, 4), 0);
    ck_assert_uint_eq(tls_report_targets(two, 2, uris, 4), 0);
}
END_TEST

UNIT_MAIN(the_report_is_gzip_of_json, the_mail_has_what_the_rfc_wants,
          targets_come_from_the_one_record)
