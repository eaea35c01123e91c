#include "mta-under-test/refmta/report/report_mail.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { BASE64_LINE = 76 };

static void write_base64(struct slice bytes, struct buf *out)
{
    struct buf text;
    buf_init(&text, REPORT_MAIL_BYTES_MAX);
    text_to_base64(&text, bytes.data, bytes.len);
    for (struct slice rest = buf_slice(&text); rest.len > 0; rest = slice_skip(rest, BASE64_LINE)) {
        buf_add_slice(out, slice_first(rest, BASE64_LINE));
        buf_add_text(out, "\r\n");
    }
    buf_deinit(&text);
}

void report_mail_write(const struct report_mail *mail, struct buf *out)
{
    char date[TIME_TEXT_BYTES];
    char boundary[64];
    /* "=_" can be in neither base64 nor the words (RFC 2045 6.7). */
    snprintf(boundary, sizeof boundary, "=_report-%lld", (long long)mail->now_us);
    buf_format(out, "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\nSubject: %s\r\nMessage-ID: <%s>\r\n",
               mail->from, mail->to, time_to_rfc5322(mail->now_us, date), mail->subject,
               mail->message_id);
    buf_format(out, "%sAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n", mail->fields);
    buf_format(out, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n", mail->multipart,
               boundary);
    buf_format(out, "\r\n--%s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n%s", boundary,
               mail->text);
    buf_format(out,
               "\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n"
               "Content-Disposition: attachment;\r\n filename=\"%s\"\r\n\r\n",
               boundary, mail->type, mail->file_name);
    write_base64(mail->attachment, out);
    buf_format(out, "\r\n--%s--\r\n", boundary);
}
