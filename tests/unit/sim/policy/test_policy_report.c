/* Reports that come by mail. */
#include "sim/policy/policy_report.h"

#include <sys/mman.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "tests/unit/unit.h"

static const char TLS_REPORT[] =
    "{\"organization-name\":\"Sender\",\"date-range\":{\"start-datetime\":"
    "\"2026-03-02T00:00:00Z\",\"end-datetime\":\"2026-03-02T23:59:59Z\"},\"contact-info\":"
    "\"a@sender.test\",\"report-id\":\"r1\",\"policies\":[{\"policy\":{\"policy-type\":\"sts\","
    "\"policy-domain\":\"a.test\"},\"summary\":{\"total-successful-session-count\":5,"
    "\"total-failure-session-count\":0}}]}";

/* The log after the mailbox got this message; free it. */
static char *take(enum policy_report_kind kind, struct slice message)
{
    const struct policy_mailbox mailbox = {
        .kind = kind, .domain = "a.test", .address = "reports@a.test"};
    char path[64];
    struct buf all;
    struct err err;
    int fd = memfd_create("events", 0);
    struct event_log *log = event_log_new(dup(fd), time_now_us());
    policy_report_take_mail(log, &mailbox, message);
    ck_assert_int_eq(event_log_free(&log, &err), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    buf_init(&all, 1024 * 1024);
    ck_assert_int_eq(file_read(path, &all, &err), 0);
    close(fd);
    return buf_take(&all);
}

#define TLS_HEADER                                                       \
    "TLS-Report-Domain: a.test\r\nTLS-Report-Submitter: sender.test\r\n" \
    "Content-Type: multipart/report; report-type=\"tlsrpt\"; boundary=\"b1\"\r\n"

/* A multipart message with `bytes` in base64 as its second part. */
static char *take_under(const char *header, enum policy_report_kind kind, const char *type,
                        struct slice bytes)
{
    struct buf message;
    buf_init(&message, 1024 * 1024);
    buf_format(&message,
               "From: a@sender.test\r\nMIME-Version: 1.0\r\n%s\r\n"
               "--b1\r\nContent-Type: text/plain\r\n\r\nA report.\r\n"
               "--b1\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n",
               header, type);
    struct buf digits;
    buf_init(&digits, 1024 * 1024);
    text_to_base64(&digits, bytes.data, bytes.len);
    for (size_t i = 0; i < digits.len; i += 76)
        buf_format(&message, "%.76s\r\n", digits.data + i);
    buf_add_text(&message, "--b1--\r\n");
    char *log = take(kind, buf_slice(&message));
    buf_deinit(&digits);
    buf_deinit(&message);
    return log;
}

static char *take_attached(enum policy_report_kind kind, const char *type, struct slice bytes)
{
    return take_under(TLS_HEADER, kind, type, bytes);
}

static void check(char *log, const char *wanted)
{
    ck_assert_msg(strstr(log, wanted) != NULL, "not in: %s", log);
    free(log);
}

START_TEST(test_a_tls_report_in_gzip)
{
    struct buf packed;
    buf_init(&packed, 100000);
    dmarc_report_gzip(slice_of(TLS_REPORT), &packed);
    check(take_attached(POLICY_REPORT_TLS, "application/tlsrpt+gzip", buf_slice(&packed)),
          "\"via\":\"mail\",\"to\":\"reports@a.test\",\"domain\":\"a.test\",\"organization\":"
          "\"Sender\",\"id\":\"r1\",\"valid\":true");
    buf_deinit(&packed);
}
END_TEST

START_TEST(test_the_message_around_a_tls_report)
{
    static const char *const CASES[][2] = {
        {TLS_HEADER, "\"valid\":true"},
        {"Content-Type: multipart/mixed; boundary=b1\r\n",
         "\"the message is no multipart/report with report-type=tlsrpt\""},
        {"Content-Type: multipart/report; report-type=tlsrpt; boundary=b1\r\n",
         "\"the header has no TLS-Report-Domain\""},
        {"TLS-Report-Domain: b.test\r\n" TLS_HEADER, "\"TLS-Report-Domain names another domain\""},
        {"TLS-Report-Domain: a.test\r\n"
         "Content-Type: multipart/report; report-type=tlsrpt; boundary=b1\r\n",
         "\"the header has no TLS-Report-Submitter\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        check(take_under(CASES[i][0], POLICY_REPORT_TLS, "application/tlsrpt+json",
                         slice_of(TLS_REPORT)),
              CASES[i][1]);
}
END_TEST

/* `from` in the text is put in for `to`. */
static struct slice changed(struct buf *out, const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    ck_assert_ptr_nonnull(at);
    buf_reset(out);
    buf_format(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return buf_slice(out);
}

START_TEST(test_what_a_tls_report_must_say)
{
    static const char *const CASES[][3] = {
        {"\"organization-name\":\"Sender\",", "", "organization-name is missing or empty"},
        {"\"a@sender.test\"", "\"\"", "contact-info is missing or empty"},
        {"2026-03-02T23:59:59Z", "tonight", "date-range has not two times as RFC 3339 has them"},
        {"\"start-datetime\"", "\"begin\"", "date-range has not two times as RFC 3339 has them"},
        {"2026-03-02T23:59:59Z", "2026-03-01T23:59:59Z", "it ends before it begins"},
    };
    struct buf report;
    buf_init(&report, 10000);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        check(take_attached(POLICY_REPORT_TLS, "application/tlsrpt+json",
                            changed(&report, TLS_REPORT, CASES[i][0], CASES[i][1])),
              CASES[i][2]);
    buf_deinit(&report);
}
END_TEST

START_TEST(test_what_a_dmarc_report_must_say)
{
    static const char REPORT[] =
        "<feedback><report_metadata><org_name>R</org_name><email>x@r.test</email>"
        "<report_id>d1</report_id><date_range><begin>100</begin><end>200</end></date_range>"
        "</report_metadata><policy_published><domain>a.test</domain><p>none</p></policy_published>"
        "<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated>"
        "<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>"
        "<identifiers><header_from>a.test</header_from></identifiers></record></feedback>";
    static const char *const CASES[][3] = {
        {"R<", "R<", "\"valid\":true"},
        {">R<", "><", "<org_name> is missing or empty"},
        {"x@r.test", "", "<email> is missing or empty"},
        {"<p>none</p>", "", "the policy's <p> is missing or empty"},
        {"<begin>100</begin>", "", "<date_range> has not a <begin> and an <end>"},
        {"<end>200", "<end>99", "it ends before it begins"},
        {"192.0.2.1", "mail.a.test", "<source_ip> \\\"mail.a.test\\\" is no address"},
        {"<count>3", "<count>none", "a <row> without a <count> above 0"},
        {"<disposition>none", "<disposition>pass", "<disposition> \\\"pass\\\" is unknown"},
        {"<dkim>pass", "<dkim>none", "<policy_evaluated><dkim> \\\"none\\\" is unknown"},
        {"<spf>fail", "<spf>softfail", "<policy_evaluated><spf> \\\"softfail\\\" is unknown"},
        {"<header_from>a.test", "<header_from>", "<header_from> is missing or empty"},
        {"<feedback>", "<feedback xmlns=\"" DMARC_REPORT_NAMESPACE "\">", "\"valid\":true"},
    };
    struct buf report;
    buf_init(&report, 10000);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        check(take_attached(POLICY_REPORT_DMARC, "text/xml",
                            changed(&report, REPORT, CASES[i][0], CASES[i][1])),
              CASES[i][2]);
    buf_deinit(&report);
}
END_TEST

START_TEST(test_a_dmarc_report_in_gzip)
{
    struct dmarc_report_row row = {.source_ip = SLICE("192.0.2.1"),
                                   .count = 3,
                                   .disposition = SLICE("none"),
                                   .dkim = SLICE("pass"),
                                   .spf = SLICE("pass"),
                                   .header_from = SLICE("a.test")};
    struct dmarc_report report = {.version = SLICE("1.0"),
                                  .org_name = SLICE("Receiver"),
                                  .email = SLICE("x@r.test"),
                                  .report_id = SLICE("d1"),
                                  .begin_s = 100,
                                  .end_s = 200,
                                  .domain = SLICE("a.test"),
                                  .p = SLICE("none"),
                                  .count = 1,
                                  .rows = &row};
    struct buf xml;
    struct buf packed;
    buf_init(&xml, 100000);
    buf_init(&packed, 100000);
    dmarc_report_write(&report, &xml);
    dmarc_report_gzip(buf_slice(&xml), &packed);
    check(take_attached(POLICY_REPORT_DMARC, "application/gzip", buf_slice(&packed)),
          "\"id\":\"d1\",\"valid\":true,\"problem\":\"\",\"rows\":1,\"messages\":3");
    buf_reset(&xml);
    report.domain = SLICE("other.test");
    dmarc_report_write(&report, &xml);
    check(take_attached(POLICY_REPORT_DMARC, "text/xml", buf_slice(&xml)),
          "\"valid\":false,\"problem\":\"it is about other.test\"");
    buf_deinit(&xml);
    buf_deinit(&packed);
}
END_TEST

START_TEST(test_what_is_no_report_is_told)
{
    check(take(POLICY_REPORT_TLS, SLICE("Subject: hello\r\n\r\nno report\r\n")), "\"valid\":false");
    check(take_attached(POLICY_REPORT_DMARC, "application/gzip", SLICE("\x1f\x8bnot gzip")),
          "\"valid\":false");
    check(take(POLICY_REPORT_DMARC, SLICE("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x")),
          "\"valid\":false");
}
END_TEST

UNIT_MAIN(test_a_tls_report_in_gzip, test_the_message_around_a_tls_report,
          test_what_a_tls_report_must_say, test_what_a_dmarc_report_must_say,
          test_a_dmarc_report_in_gzip, test_what_is_no_report_is_told)
