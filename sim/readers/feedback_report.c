#include "sim/readers/feedback_report.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

#define FEEDBACK_BOUNDARY "=_feedback_report"

static void feedback_report_write_head(const struct feedback_report *report, struct buf *out)
{
    char date[TIME_TEXT_BYTES];
    const struct provider_reaction *complaint = report->complaint;
    buf_format(out,
               "From: <%s>\r\nTo: <%s>\r\nSubject: Complaint about a message of %s\r\n"
               "Date: %s\r\nMessage-ID: <%lld.%s@%s>\r\n",
               report->from, report->to, complaint->from_domain,
               time_to_rfc5322(report->now_us, date), (long long)report->now_us, report->provider,
               report->host);
    buf_add_text(out,
                 "MIME-Version: 1.0\r\nContent-Type: multipart/report; "
                 "report-type=feedback-report;\r\n\tboundary=\"" FEEDBACK_BOUNDARY "\"\r\n\r\n");
}

/* RFC 5965 3: the three fields that must be there, then what is known. */
static void feedback_report_write_fields(const struct feedback_report *report, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    char client[ADDRESS_TEXT_BYTES];
    const struct provider_reaction *complaint = report->complaint;
    buf_format(out,
               "Feedback-Type: abuse\r\nUser-Agent: Mailrange-%s/1.0\r\nVersion: 1\r\n"
               "Original-Mail-From: <%s>\r\nOriginal-Rcpt-To: <%s>\r\nArrival-Date: %s\r\n"
               "Reporting-MTA: dns; %s\r\nSource-IP: %s\r\n",
               report->provider, complaint->sender, complaint->recipient,
               time_to_rfc5322(complaint->arrived_us, text), report->host,
               address_to_text(&complaint->client, client));
    if (report->reported[0] != '\0')
        buf_format(out, "Reported-Domain: %s\r\n", report->reported);
}

void feedback_report_write(const struct feedback_report *report, struct buf *out)
{
    static const char PART[] = "--" FEEDBACK_BOUNDARY "\r\nContent-Type: ";
    const struct provider_reaction *complaint = report->complaint;
    struct slice header = slice_trim(slice_of(complaint->header));
    feedback_report_write_head(report, out);
    buf_format(out,
               "%stext/plain; charset=us-ascii\r\n\r\nA reader of %s has reported a message of %s "
               "as spam.\r\nPlease send this reader nothing more.\r\n\r\n",
               PART, report->provider, complaint->from_domain);
    buf_format(out, "%smessage/feedback-report\r\n\r\n", PART);
    feedback_report_write_fields(report, out);
    buf_format(out, "\r\n%stext/rfc822-headers\r\n\r\n", PART);
    buf_add_slice(out, header);
    buf_add_text(out, "\r\n\r\n--" FEEDBACK_BOUNDARY "--\r\n");
}
