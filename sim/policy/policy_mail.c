/*
 * Reports that come as mail: the part of the message that holds the report is found and decoded.
 */
#include "mta-under-test/base/text.h"
#include "sim/mx/mime.h"
#include "sim/mx/mx_header.h"
#include "sim/policy/policy_report.h"

#include "mta-under-test/base/poison.h"

enum { POLICY_MAIL_BYTES_MAX = 32 * 1024 * 1024, POLICY_MAIL_DEPTH_MAX = 4 };

/* The types under which reports are attached (RFC 8460 section 5.3, RFC 9990 section 4). */
static const char *const POLICY_MAIL_TYPES[] = {
    "application/tlsrpt+gzip", "application/tlsrpt+json", "application/gzip",
    "application/x-gzip",      "application/xml",         "text/xml",
};

static bool policy_part_holds_report(const struct mime_part *part)
{
    for (size_t i = 0; i < sizeof POLICY_MAIL_TYPES / sizeof POLICY_MAIL_TYPES[0]; i++) {
        if (mime_part_is(part, POLICY_MAIL_TYPES[i]))
            return true;
    }
    return false;
}

/* The first part that holds a report, in a multipart or alone. */
static bool policy_find_report(const struct mime_part *whole, unsigned depth,
                               struct mime_part *found)
{
    struct slice boundary = mime_part_parameter(whole, "boundary");
    struct slice rest = whole->body;
    struct mime_part part;
    if (policy_part_holds_report(whole)) {
        *found = *whole;
        return true;
    }
    if (boundary.len == 0 || depth == POLICY_MAIL_DEPTH_MAX)
        return false;
    for (unsigned i = 0; i < MIME_PARTS_MAX && mime_next(&rest, boundary, &part); i++) {
        if (policy_find_report(&part, depth + 1, found))
            return true;
    }
    return false;
}

/* The body with its base64 taken off; as it is if it has none. */
static void policy_decode(const struct mime_part *part, struct buf *out)
{
    struct slice encoding = mx_header_find(part->header, "Content-Transfer-Encoding");
    if (!slice_is_nocase(slice_trim(encoding), "base64")) {
        buf_add_slice(out, part->body);
        return;
    }
    struct buf digits;
    buf_init(&digits, POLICY_MAIL_BYTES_MAX);
    for (size_t i = 0; i < part->body.len; i++) {
        if ((unsigned char)part->body.data[i] > ' ')
            buf_add_char(&digits, part->body.data[i]);
    }
    if (text_from_base64(out, buf_slice(&digits)) != 0)
        buf_reset(out);
    buf_deinit(&digits);
}

/* What is wrong with the message around a TLS report (RFC 8460 section 5.3); NULL if nothing is. */
static const char *policy_tls_mail_problem(const struct mime_part *whole, const char *domain)
{
    struct slice about = slice_trim(mx_header_find(whole->header, "TLS-Report-Domain"));
    if (!mime_part_is(whole, "multipart/report") ||
        !slice_is_nocase(mime_part_parameter(whole, "report-type"), "tlsrpt"))
        return "the message is no multipart/report with report-type=tlsrpt";
    if (!slice_is_nocase(about, domain))
        return about.len == 0 ? "the header has no TLS-Report-Domain"
                              : "TLS-Report-Domain names another domain";
    return slice_trim(mx_header_find(whole->header, "TLS-Report-Submitter")).len == 0
               ? "the header has no TLS-Report-Submitter"
               : NULL;
}

void policy_report_take_mail(struct event_log *log, const struct policy_mailbox *mailbox,
                             struct slice message)
{
    const struct mime_part whole = mime_part_of(message);
    struct mime_part part = {0};
    struct buf bytes;
    buf_init(&bytes, POLICY_MAIL_BYTES_MAX);
    if (policy_find_report(&whole, 0, &part))
        policy_decode(&part, &bytes);
    const struct policy_delivery delivery = {
        .kind = mailbox->kind,
        .domain = mailbox->domain,
        .via = "mail",
        .to = mailbox->address,
        .type = mx_header_find(part.header, "Content-Type"),
        .bytes = buf_slice(&bytes),
        .problem = mailbox->kind == POLICY_REPORT_TLS
                       ? policy_tls_mail_problem(&whole, mailbox->domain)
                       : NULL,
    };
    (void)policy_report_take(log, &delivery);
    buf_deinit(&bytes);
}
