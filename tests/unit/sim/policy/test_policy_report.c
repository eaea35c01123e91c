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

/* A multipart message with `bytes` in base64 as its second part. */
static char *take_attached(enum policy_report_kind kind, const char *type, struct slice bytes)
{
    struct buf message;
    buf_init(&message, 1024 * 1024);
    buf_format(&message,
               "From: a@sender.test\r\nMIME-Version: 1.0\r\n"
               "Content-Type: multipart/report; report-type=tlsrpt; boundary=\"b1\"\r\n\r\n"
               "--b1\r\nContent-Type: text/plain\r\n\r\nA report.\r\n"
               "--b1\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n",
               type);
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

UNIT_MAIN(test_a_tls_report_in_gzip, test_a_dmarc_report_in_gzip, test_what_is_no_report_is_told)
