#include "mta-under-test/refmta/report/tls_report.h"

#include <zlib.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_record.h"
#include "mta-under-test/refmta/report/report_mail.h"

#include "mta-under-test/base/poison.h"

enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8, RECORDS_MAX = 20 };

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

void tls_report_mail_write(const struct tls_report_mail *mail, const struct tlsrpt_report *report,
                           struct slice gzip, struct buf *out)
{
    struct arena arena = {0};
    const char *id = arena_text_of(&arena, report->report_id);
    const struct report_mail form = {
        .from = mail->from,
        .to = mail->to,
        .subject = arena_format(&arena, "Report Domain: %s Submitter: %s Report-ID: <%s>",
                                mail->domain, mail->submitter, id),
        .message_id = id,
        /* RFC 8689 4.2.2: a report about broken TLS must not need it. */
        .fields = arena_format(&arena,
                               "TLS-Report-Domain: %s\r\nTLS-Report-Submitter: %s\r\n"
                               "TLS-Required: No\r\n",
                               mail->domain, mail->submitter),
        .multipart = "report; report-type=\"tlsrpt\"",
        .text = arena_format(&arena,
                             "This is an aggregate report about TLS sessions to %s, made by %s "
                             "(RFC 8460).\r\n",
                             mail->domain, mail->submitter),
        .type = "application/tlsrpt+gzip",
        .file_name = arena_format(&arena, "%s!%s!%lld!%lld!1.json.gz", mail->submitter,
                                  mail->domain, (long long)(mail->start_us / TIME_SECOND),
                                  (long long)(mail->end_us / TIME_SECOND)),
        .attachment = gzip,
        .now_us = mail->now_us,
    };
    report_mail_write(&form, out);
    arena_deinit(&arena);
}
