#include "mta-under-test/refmta/report/tls_report.h"

#include <zlib.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_record.h"

#include "mta-under-test/base/poison.h"

enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8, BASE64_LINE = 76, RECORDS_MAX = 20 };

static bool compress_bytes(struct slice bytes, struct buf *out)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    char *copy = mem_text_copy_n(bytes.data, bytes.len); /* zlib's pointer takes no const */
    size_t room = deflateBound(&stream, bytes.len);
    char *to = buf_reserve(out, room);
    bool done = false;
    if (to != NULL) {
        stream.next_in = (unsigned char *)copy;
        stream.avail_in = (uInt)bytes.len;
        stream.next_out = (unsigned char *)to;
        stream.avail_out = (uInt)room;
        done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        buf_commit(out, room - stream.avail_out);
    }
    deflateEnd(&stream);
    free(copy);
    return done;
}

bool tls_report_compress(const struct tlsrpt_report *report, struct buf *out)
{
    struct buf json;
    buf_init(&json, TLS_REPORT_BYTES_MAX);
    tlsrpt_report_write(report, &json);
    bool done = !buf_overflowed(&json) && compress_bytes(buf_slice(&json), out);
    buf_deinit(&json);
    return done;
}

size_t tls_report_targets(const struct slice *records, size_t count, struct slice *uris, size_t max)
{
    struct dns_record list[RECORDS_MAX] = {0};
    struct tlsrpt_record record = {.count = 0};
    struct dns_answer answer = {.status = DNS_OK, .records = list};
    for (; answer.count < count && answer.count < RECORDS_MAX; answer.count++)
        list[answer.count].data = records[answer.count];
    if (tlsrpt_record_choose(&answer, &record) != NULL)
        return 0;
    size_t found = record.count < max ? record.count : max;
    memcpy(uris, record.uris, found * sizeof *uris);
    return found;
}

static void write_base64(struct slice bytes, struct buf *out)
{
    struct buf text;
    buf_init(&text, TLS_REPORT_BYTES_MAX);
    text_to_base64(&text, bytes.data, bytes.len);
    for (struct slice rest = buf_slice(&text); rest.len > 0; rest = slice_skip(rest, BASE64_LINE)) {
        buf_add_slice(out, slice_first(rest, BASE64_LINE));
        buf_add_text(out, "\r\n");
    }
    buf_deinit(&text);
}

static void write_head(const struct tls_report_mail *mail, const struct tlsrpt_report *report,
                       const char *boundary, struct buf *out)
{
    char date[TIME_TEXT_BYTES];
    buf_format(out, "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\n", mail->from, mail->to,
               time_to_rfc5322(mail->now_us, date));
    buf_format(out, "Subject: Report Domain: %s Submitter: %s Report-ID: <%.*s>\r\n", mail->domain,
               mail->submitter, SLICE_ARG(report->report_id));
    buf_format(out, "Message-ID: <%.*s>\r\n", SLICE_ARG(report->report_id));
    buf_format(out, "TLS-Report-Domain: %s\r\nTLS-Report-Submitter: %s\r\n", mail->domain,
               mail->submitter);
    /* RFC 8689 5: a report about broken TLS must not need it. */
    buf_add_text(out,
                 "TLS-Required: No\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
    buf_format(out,
               "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"%s\"\r\n",
               boundary);
}

void tls_report_mail_write(const struct tls_report_mail *mail, const struct tlsrpt_report *report,
                           struct slice gzip, struct buf *out)
{
    char boundary[64];
    snprintf(boundary, sizeof boundary, "tlsrpt-%lld", (long long)mail->now_us);
    write_head(mail, report, boundary, out);
    buf_format(out,
               "\r\n--%s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
               "This is an aggregate report about TLS sessions to %s, made by %s (RFC 8460).\r\n",
               boundary, mail->domain, mail->submitter);
    buf_format(out,
               "\r\n--%s\r\nContent-Type: application/tlsrpt+gzip\r\n"
               "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n"
               " filename=\"%s!%s!%lld!%lld!1.json.gz\"\r\n\r\n",
               boundary, mail->submitter, mail->domain, (long long)(mail->start_us / TIME_SECOND),
               (long long)(mail->end_us / TIME_SECOND));
    write_base64(gzip, out);
    buf_format(out, "\r\n--%s--\r\n", boundary);
}
