/*
 * A complaint as a report that a feedback loop sends: multipart/report with a part for people, one
 * for programs (message/feedback-report) and the header of the message (RFC 5965 section 2).
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/provider/provider.h"

struct feedback_report {
    const char *provider;
    const char *host;     /* that reports */
    const char *from;     /* address of the reporter */
    const char *to;       /* of the feedback loop */
    const char *reported; /* domain that the loop belongs to; "" where it goes by address */
    int64_t now_us;
    const struct provider_reaction *complaint;
};

/* The whole message with CRLF line ends, not dot-stuffed. */
void feedback_report_write(const struct feedback_report *report, struct buf *out);
