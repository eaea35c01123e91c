#include "mta-under-test/refmta/report/dsn.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { LINE_BYTES_GOOD = 76 };

struct dsn_words {
    const char *action; /* RFC 3464 2.3.3 */
    const char *subject;
    const char *text;
    const char *status; /* where the reason has none */
};

static const struct dsn_words WORDS[] = {
    [DSN_FAILED] =
        {"failed", "Undelivered mail: returned to sender",
         "Your message could not be delivered to the recipients below. This is final:\r\n"
         "no further attempt will be made.\r\n",
         "5.0.0"},
    [DSN_DELAYED] = {"delayed", "Delayed mail: still being tried",
                     "Your message has not yet been delivered to the recipients below.\r\n"
                     "You need not send it again: further attempts will be made.\r\n",
                     "4.0.0"},
    [DSN_DELIVERED] = {"delivered", "Delivered mail",
                       "Your message was delivered to the recipients below.\r\n", "2.0.0"},
    [DSN_RELAYED] =
        {"relayed", "Relayed mail",
         "Your message was passed on for the recipients below, to a server that does\r\n"
         "not promise to report on it.\r\n",
         "2.0.0"},
};

/* xtext of RFC 3461 4; what is broken stays as it is. */
static void add_xtext(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '+' && i + 2 < text.len &&
            text_from_hex(out, slice_from(text.data + i + 1, 2)) == 0) {
            i += 2;
            /* A decoded CR, LF or NUL must not break the report's own lines. */
            if (out->data[out->len - 1] >= 0 && out->data[out->len - 1] < ' ')
                out->data[out->len - 1] = '?';
        } else {
            buf_add_char(out, text.data[i]);
        }
    }
}

/* A field whose value is folded at spaces, so that no line becomes long. */
static void add_folded(struct buf *out, const char *name, const char *value)
{
    struct slice rest = slice_of(value);
    buf_format(out, "%s:", name);
    size_t column = strlen(name) + 1;
    while (rest.len > 0) {
        size_t space = slice_find(rest, ' ');
        struct slice word = slice_first(rest, space == SIZE_MAX ? rest.len : space);
        rest = slice_skip(rest, word.len + 1);
        if (column + 1 + word.len > LINE_BYTES_GOOD && column > strlen(name) + 1) {
            buf_add_text(out, "\r\n  ");
            column = 2;
        } else {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add_slice(out, word);
        column += word.len;
    }
    buf_add_text(out, "\r\n");
}

static void add_date(struct buf *out, const char *name, int64_t at_us)
{
    char text[TIME_TEXT_BYTES];
    buf_format(out, "%s: %s\r\n", name, time_to_rfc5322(at_us, text));
}

static void add_boundary(const struct dsn_facts *facts, struct buf *out)
{
    buf_format(out, "=_%s/%s", facts->id, facts->hostname);
}

static void add_headers(const struct dsn_facts *facts, struct buf *out)
{
    buf_format(out, "From: Mail Delivery System <MAILER-DAEMON@%s>\r\n", facts->hostname);
    buf_format(out, "To: <%s>\r\n", facts->to);
    buf_format(out, "Subject: %s\r\n", WORDS[facts->kind].subject);
    add_date(out, "Date", facts->now_us);
    buf_format(out, "Message-ID: <%s.report@%s>\r\n", facts->id, facts->hostname);
    buf_add_text(out, "Auto-Submitted: auto-replied\r\n"
                      "MIME-Version: 1.0\r\n"
                      "Content-Type: multipart/report; report-type=delivery-status;\r\n"
                      "  boundary=\"");
    add_boundary(facts, out);
    buf_add_text(out, "\"\r\n\r\nThis is a report about mail, in MIME format.\r\n");
}

static void add_part(const struct dsn_facts *facts, struct buf *out, const char *type)
{
    buf_add_text(out, "\r\n--");
    add_boundary(facts, out);
    buf_format(out, "\r\nContent-Type: %s\r\n", type);
}

static void add_words(const struct dsn_facts *facts, struct buf *out)
{
    char at[TIME_TEXT_BYTES];
    add_part(facts, out, "text/plain; charset=utf-8");
    buf_format(out,
               "Content-Description: Notification\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
               "This is the mail server %s.\r\n\r\n%s\r\nReceived here: %s\r\nQueue id: %s\r\n",
               facts->hostname, WORDS[facts->kind].text, time_to_rfc5322(facts->received_us, at),
               facts->about_id);
    if (facts->kind == DSN_DELAYED)
        buf_format(out, "It will be tried until: %s\r\n",
                   time_to_rfc5322(facts->retry_until_us, at));
    for (size_t i = 0; i < facts->recipient_count; i++) {
        struct buf sentence;
        buf_init(&sentence, 2048);
        reason_to_sentence(&facts->recipients[i].reason, &sentence);
        buf_format(out, "\r\n<%s>\r\n", facts->recipients[i].address);
        if (sentence.len > 0)
            buf_format(out, "    %s\r\n", buf_text(&sentence));
        buf_deinit(&sentence);
    }
}

static void add_recipient(const struct dsn_facts *facts, const struct dsn_recipient *recipient,
                          struct buf *out)
{
    const struct reason *reason = &recipient->reason;
    bool is_ascii = text_is_ascii(slice_of(recipient->address));
    buf_add_text(out, "\r\n");
    if (recipient->orcpt != NULL) {
        buf_add_text(out, "Original-Recipient: ");
        add_xtext(out, slice_of(recipient->orcpt));
        buf_add_text(out, "\r\n");
    }
    buf_format(out, "Final-Recipient: %s; %s\r\n", is_ascii ? "rfc822" : "utf-8",
               recipient->address);
    buf_format(out, "Action: %s\r\n", WORDS[facts->kind].action);
    buf_format(out, "Status: %s\r\n",
               reason->status[0] != '\0' ? reason->status : WORDS[facts->kind].status);
    if (reason->said && reason->host[0] != '\0')
        buf_format(out, "Remote-MTA: dns; %s\r\n", reason->host);
    if (reason->text[0] != '\0') {
        char value[REASON_TEXT_BYTES + 16];
        snprintf(value, sizeof value, "%s; %s", reason->said ? "smtp" : "x-local", reason->text);
        add_folded(out, "Diagnostic-Code", value);
    }
    if (facts->kind == DSN_DELAYED) {
        add_date(out, "Last-Attempt-Date", facts->now_us);
        add_date(out, "Will-Retry-Until", facts->retry_until_us);
    } else {
        add_date(out, "Last-Attempt-Date", facts->now_us);
    }
}

static void add_status(const struct dsn_facts *facts, struct buf *out)
{
    bool is_ascii = true;
    for (size_t i = 0; i < facts->recipient_count; i++)
        is_ascii = is_ascii && text_is_ascii(slice_of(facts->recipients[i].address));
    /* RFC 6533 3 for addresses in UTF-8. */
    add_part(facts, out, is_ascii ? "message/delivery-status" : "message/global-delivery-status");
    buf_add_text(out, "Content-Description: Delivery report\r\n");
    if (!is_ascii)
        buf_add_text(out, "Content-Transfer-Encoding: 8bit\r\n");
    buf_format(out, "\r\nReporting-MTA: dns; %s\r\n", facts->hostname);
    if (facts->envid != NULL) {
        buf_add_text(out, "Original-Envelope-Id: ");
        add_xtext(out, slice_of(facts->envid));
        buf_add_text(out, "\r\n");
    }
    add_date(out, "Arrival-Date", facts->received_us);
    for (size_t i = 0; i < facts->recipient_count; i++)
        add_recipient(facts, &facts->recipients[i], out);
}

/* RFC 6533 4 for a header in UTF-8, which the older types cannot hold. */
static const char *original_type(const struct dsn_facts *facts)
{
    if (facts->is_utf8 && !text_is_ascii(dsn_headers_of(facts->original)))
        return facts->is_full ? "message/global" : "message/global-headers";
    return facts->is_full ? "message/rfc822" : "text/rfc822-headers";
}

static void add_original(const struct dsn_facts *facts, struct buf *out)
{
    add_part(facts, out, original_type(facts));
    buf_format(out, "Content-Description: %s\r\n",
               facts->is_full ? "Undelivered message" : "Headers of the message");
    if (!text_is_ascii(facts->original))
        buf_add_text(out, "Content-Transfer-Encoding: 8bit\r\n");
    buf_add_text(out, "\r\n");
    buf_add_slice(out, facts->original);
}

void dsn_write(const struct dsn_facts *facts, struct buf *out)
{
    add_headers(facts, out);
    add_words(facts, out);
    add_status(facts, out);
    add_original(facts, out);
    buf_add_text(out, "\r\n--");
    add_boundary(facts, out);
    buf_add_text(out, "--\r\n");
}

struct slice dsn_headers_of(struct slice message)
{
    if (slice_starts_with(message, SLICE("\r\n")))
        return slice_first(message, 0);
    size_t end = slice_find_slice(message, SLICE("\r\n\r\n"));
    return end == SIZE_MAX ? message : slice_first(message, end + 2);
}
