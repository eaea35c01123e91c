/*
 * The mail with a DMARC aggregate report (RFC 7489 7.2.1.1, RFC 9990): compressed XML with a file
 * name and a subject that say whose it is. Text only.
 */
#pragma once

#include "mta-under-test/mailauth/dmarc/dmarc_report.h"

struct dmarc_report_mail {
    const char *from; /* a mailbox */
    const char *to;   /* the mailbox that asked for it */
    const char *submitter;
    int64_t now_us;
};

/* The report as gzip. False if it is too long. */
bool dmarc_report_compress(const struct dmarc_report *report, struct buf *out) MUST_CHECK;

/* The whole mail, with CRLF; `gzip` is the attachment. */
void dmarc_report_mail_write(const struct dmarc_report_mail *mail,
                             const struct dmarc_report *report, struct slice gzip, struct buf *out);
