#include "mta-under-test/refmta/report/dmarc_report_mail.h"

#include "mta-under-test/refmta/report/report_mail.h"

#include "mta-under-test/base/poison.h"

enum { FILE_NAME_BYTES_MAX = 1024 };

bool dmarc_report_compress(const struct dmarc_report *report, struct buf *out)
{
    struct buf xml;
    buf_init(&xml, DMARC_REPORT_BYTES_MAX);
    dmarc_report_write(report, &xml);
    bool fits = !buf_overflowed(&xml);
    if (fits)
        dmarc_report_gzip(buf_slice(&xml), out);
    buf_deinit(&xml);
    return fits && !buf_overflowed(out);
}

void dmarc_report_mail_write(const struct dmarc_report_mail *mail,
                             const struct dmarc_report *report, struct slice gzip, struct buf *out)
{
    struct arena arena = {0};
    struct buf name;
    buf_init(&name, FILE_NAME_BYTES_MAX);
    dmarc_report_file_name(report, slice_of(mail->submitter), &name);
    const struct report_mail form = {
        .from = mail->from,
        .to = mail->to,
        .subject =
            arena_format(&arena, "Report Domain: %.*s\r\n Submitter: %s\r\n Report-ID: <%.*s>",
                         SLICE_ARG(report->domain), mail->submitter, SLICE_ARG(report->report_id)),
        .message_id = arena_text_of(&arena, report->report_id),
        .fields = "",
        .multipart = "mixed",
        .text = arena_format(&arena,
                             "This is a DMARC aggregate report about mail from %.*s,\r\n"
                             "made by %s (RFC 7489).\r\n",
                             SLICE_ARG(report->domain), mail->submitter),
        .type = "application/gzip",
        .file_name = buf_text(&name),
        .attachment = gzip,
        .now_us = mail->now_us,
    };
    report_mail_write(&form, out);
    buf_deinit(&name);
    arena_deinit(&arena);
}
