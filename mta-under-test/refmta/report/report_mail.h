/*
 * The mail that carries a report for machines (TLS: RFC 8460 5.3, DMARC: RFC 7489 7.2.1.1): a few
 * words for people, and the compressed report as an attachment. Text only.
 */
#pragma once

#include "mta-under-test/base/buf.h"

struct report_mail {
    const char *from; /* mailboxes */
    const char *to;
    const char *subject;
    const char *message_id; /* without angle brackets */
    const char *fields;     /* more header fields, each with CRLF */
    const char *multipart;  /* "mixed", or "report; report-type=..." */
    const char *text;       /* for people, with CRLF */
    const char *type;       /* of the attachment */
    const char *file_name;
    struct slice attachment;
    int64_t now_us;
};

enum { REPORT_MAIL_BYTES_MAX = 32 << 20 };

/* Writes the whole mail, with CRLF. */
void report_mail_write(const struct report_mail *mail, struct buf *out);
