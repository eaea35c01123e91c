/*
 * One session as a ladder: the server under test on the left, the simulated host on the right; the
 * questions to the DNS before it, the connection, clear text and TLS, what each side said.
 */
#include "reports/html_page.h"

#include <inttypes.h>

#include "reports/report_time.h"

#include "mta-under-test/base/poison.h"

enum { LINE_MAX = 600 };

/* The questions to the DNS stand before those sessions that they led to; a client asks none. */
static const size_t NO_DNS = SIZE_MAX;

/* A ladder while it is written. */
struct ladder {
    int64_t start_us;
    char last_time[TIME_TEXT_BYTES];
};

/* A row's time, but for one that is the same as the row before: then it is left out. */
static void row_time(struct html_page *page, struct ladder *ladder, int64_t at_us)
{
    char span[TIME_TEXT_BYTES];
    char text[TIME_TEXT_BYTES];
    int64_t since_us = at_us - ladder->start_us;
    report_time_text(since_us < 0 ? -since_us : since_us, span);
    snprintf(text, sizeof text, "%s%.40s",
             since_us < 0   ? "\xE2\x88\x92"
             : since_us > 0 ? "+"
                            : "",
             since_us == 0 ? "0" : span);
    if (slice_is(slice_of(ladder->last_time), text))
        return;
    html_text(page->out, text);
    memcpy(ladder->last_time, text, sizeof text);
}

/* Where a row stands among all that happened; the replay goes by it. */
struct place {
    int64_t at_us;
    int64_t seq;
    uint64_t packet; /* 0 = none */
};

static void begin_row(struct html_page *page, struct ladder *ladder, const char *class,
                      struct place place)
{
    struct buf *out = page->out;
    html_print(out,
               "<tr class=\"%s\" data-at=\"%" PRId64 "\" data-seq=\"%" PRId64
               "\"><td class=\"when\">",
               class, place.at_us, place.seq);
    row_time(page, ladder, place.at_us);
    buf_add_text(out, "</td><td class=\"packet\">");
    if (place.packet != 0)
        html_print(out, "%" PRIu64, place.packet);
    buf_add_text(out, "</td><td class=\"wire\"><div>");
}

static void end_row(struct html_page *page, const char *note)
{
    html_print(page->out, "</div></td><td class=\"by\">%s</td></tr>\n", note);
}

static void arrow_right(struct buf *out, const struct report_step *step)
{
    buf_add_text(out, "<code>");
    html_cut(out, slice_of(step->text), LINE_MAX);
    buf_add_text(out, "</code>");
    if (step->number > 1)
        html_print(out, "<small>%" PRId64 " times</small>", step->number);
    buf_add_text(out, "<i class=\"to-right\"></i>");
}

static void dns_rows(struct html_page *page, struct ladder *ladder, size_t index)
{
    const struct report_run *run = page->run;
    for (size_t i = 0; i < run->query_count; i++) {
        const struct report_query *query = &run->queries[i];
        if (query->session != index + 1)
            continue;
        begin_row(page, ladder, "dns", (struct place){query->at_us, query->seq, query->packet});
        html_print(page->out, "<code>%s %s</code><i class=\"both\"></i><code>%s</code>",
                   query->type, query->name,
                   *query->data != '\0'    ? query->data
                   : *query->rcode != '\0' ? query->rcode
                                           : "no answer");
        end_row(page, *query->fault != '\0' ? query->fault : "DNS");
    }
}

static void reply_row(struct html_page *page, const struct report_step *step)
{
    struct buf *out = page->out;
    html_print(out, "<i class=\"to-left\"></i><code><b>%d</b> ", step->code);
    html_cut(out, slice_of(step->text), LINE_MAX);
    buf_add_text(out, "</code>");
}

static void band_row(struct html_page *page, const struct report_step *step)
{
    struct buf *out = page->out;
    switch (step->kind) {
    case REPORT_STEP_CONNECT:
        html_print(out, "<span>TCP connection to %s</span>", step->text);
        break;
    case REPORT_STEP_TLS:
        if (step->number != 0)
            html_print(out, "<span>%s, %s</span>", step->text, step->note);
        else
            html_print(out, "<span>TLS failed: %s</span>", step->text);
        break;
    case REPORT_STEP_RULE:
        html_print(out, "<span>rule \xE2\x80\x9C%s\xE2\x80\x9D: %s</span>", step->text, step->note);
        break;
    case REPORT_STEP_ACCEPTED:
        html_print(out, "<span>accepted");
        if (*step->text != '\0')
            html_print(out, " %s", step->text);
        html_print(out, ", %" PRId64 " bytes%s</span>", step->number, step->note);
        break;
    case REPORT_STEP_VIOLATION:
        html_print(out, "<span>%s</span>", step->text);
        break;
    case REPORT_STEP_DISCONNECT:
        html_print(out, "<span>closed by %s%s</span>", step->text,
                   step->number != 0 ? " after QUIT" : "");
        break;
    case REPORT_STEP_END:
        html_print(out, "<span>%s</span>", step->text);
        break;
    case REPORT_STEP_REPLY:
    case REPORT_STEP_COMMAND:
    case REPORT_STEP_DATA:
    default:
        break;
    }
}

static const char *step_class(const struct report_step *step)
{
    switch (step->kind) {
    case REPORT_STEP_REPLY:
        if (step->code >= 500)
            return step->encrypted ? "reply fail inside" : "reply fail";
        if (step->code >= 400)
            return step->encrypted ? "reply warn inside" : "reply warn";
        return step->encrypted ? "reply inside" : "reply";
    case REPORT_STEP_COMMAND:
    case REPORT_STEP_DATA:
        return step->encrypted ? "command inside" : "command";
    case REPORT_STEP_TLS:
        return step->number != 0 ? "band tls inside" : "band fail";
    case REPORT_STEP_VIOLATION:
        return "band fail";
    case REPORT_STEP_RULE:
        return step->encrypted ? "band rule inside" : "band rule";
    case REPORT_STEP_ACCEPTED:
        return step->encrypted ? "band pass inside" : "band pass";
    case REPORT_STEP_CONNECT:
    case REPORT_STEP_DISCONNECT:
    case REPORT_STEP_END:
    default:
        return "band";
    }
}

static void step_row(struct html_page *page, struct ladder *ladder, const struct report_step *step)
{
    const char *note = "";
    bool seen = step->kind != REPORT_STEP_RULE && step->kind != REPORT_STEP_ACCEPTED &&
                step->kind != REPORT_STEP_DISCONNECT;
    begin_row(page, ladder, step_class(step),
              (struct place){step->at_us, step->seq, seen ? step->packet : 0});
    if (step->kind == REPORT_STEP_REPLY) {
        reply_row(page, step);
        note = step->note;
    } else if (step->kind == REPORT_STEP_COMMAND) {
        arrow_right(page->out, step);
        if (step->number > 0)
            note = step->note;
    } else if (step->kind == REPORT_STEP_DATA) {
        html_print(page->out,
                   "<code>the message, %" PRId64 " bytes</code>"
                   "<i class=\"to-right\"></i>",
                   step->number);
    } else {
        band_row(page, step);
        if (step->kind == REPORT_STEP_VIOLATION || step->kind == REPORT_STEP_END)
            note = step->note;
    }
    end_row(page, note);
}

static void ladder(struct html_page *page, const struct report_session *session, size_t dns_of)
{
    struct buf *out = page->out;
    struct ladder ladder = {.start_us = session->start_us};
    buf_add_text(out, "</tr></thead><tbody>\n");
    if (dns_of != NO_DNS)
        dns_rows(page, &ladder, dns_of);
    for (size_t i = 0; i < session->step_count; i++)
        step_row(page, &ladder, &session->steps[i]);
    buf_add_text(out, "</tbody></table></div>\n");
    if (session->steps_left_out > 0)
        html_print(out, "<p class=\"note\">%zu more step%s in <code>events.jsonl</code>.</p>\n",
                   session->steps_left_out, session->steps_left_out == 1 ? " is" : "s are");
}

#define LADDER_BEGIN                                                               \
    "<div class=\"scroll\"><table class=\"ladder\"><caption class=\"unseen\">The " \
    "dialogue</caption><thead><tr>"                                                \
    "<th scope=\"col\">Time</th>"
#define LADDER_SIDES "<th scope=\"col\" class=\"wire\"><div>"

void html_ladder(struct html_page *page, const struct report_session *session)
{
    html_print(page->out,
               LADDER_BEGIN "<th scope=\"col\">Packet</th>" LADDER_SIDES
                            "<span>%s <small>%s</small></span><span>%s <small>%s:%d</small></span>"
                            "</div></th><th scope=\"col\">Decided by</th>",
               *page->run->hostname != '\0' ? page->run->hostname : "client", session->client,
               session->host, session->server, session->port);
    ladder(page, session, (size_t)(session - page->run->sessions));
}

void html_client_ladder(struct html_page *page, const struct report_session *dialogue)
{
    html_print(page->out,
               LADDER_BEGIN "<td class=\"packet\"></td>" LADDER_SIDES
                            "<span>%s</span><span>%s <small>server under test</small></span>"
                            "</div></th><th scope=\"col\">In the script</th>",
               dialogue->id, dialogue->host);
    ladder(page, dialogue, NO_DNS);
}
