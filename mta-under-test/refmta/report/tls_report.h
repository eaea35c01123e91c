/*
 * The forms in which a TLS report travels (RFC 8460 5): compressed JSON for HTTPS, and a mail with
 * the same as an attachment. Text only.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/mailauth/tlsrpt/tlsrpt_report.h"

struct tls_report_mail {
    const char *from;      /* a mailbox */
    const char *to;        /* the mailbox that asked for it */
    const char *domain;    /* that it is about */
    const char *submitter; /* our host name */
    int64_t start_us;
    int64_t end_us;
    int64_t now_us;
};

enum { TLS_REPORT_BYTES_MAX = 8 << 20 };

/* The report as gzip (RFC 1952). False if it is too long. */
bool tls_report_compress(const struct tlsrpt_report *report, struct buf *out) MUST_CHECK;

/* Where reports are wanted, by the TXT records at _smtp._tls.DOMAIN: URIs, borrowed from the
 * records. 0: nowhere. */
size_t tls_report_targets(const struct slice *records, size_t count, struct slice *uris,
                          size_t max);

/* The whole mail, with CRLF; `gzip` is the attachment. */
void tls_report_mail_write(const struct tls_report_mail *mail, const struct tlsrpt_report *report,
                           struct slice gzip, struct buf *out);
