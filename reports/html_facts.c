/*
 * The tables of facts: DNS, findings.
 */
#include "reports/html_page.h"

#include <inttypes.h>

#include "reports/report_time.h"

#include "mta-under-test/base/poison.h"

enum {
    FINDINGS_OF_A_KIND = 3, /* shown with their words */
};

static void dns_row(struct html_page *page, const struct report_query *query)
{
    struct buf *out = page->out;
    char text[TIME_TEXT_BYTES];
    bool bad = *query->rcode == '\0' || *query->fault != '\0';
    buf_add_text(out, bad ? "<tr class=\"warn\"><td>" : "<tr><td>");
    html_time(page, query->at_us);
    html_print(out, "</td><td class=\"packet\">");
    if (query->packet != 0)
        html_print(out, "%" PRIu64, query->packet);
    html_print(out, "</td><td><code>%s</code></td><td>%s</td><td>%s</td><td><code>", query->name,
               query->type, *query->rcode != '\0' ? query->rcode : "no answer");
    html_cut(out, slice_of(query->data), 200);
    html_print(out, "</code></td><td>%s%s%s", query->transport,
               query->truncated ? ", truncated" : "", query->authenticated ? ", AD" : "");
    if (query->delay_us > 0)
        html_print(out, ", after %s", report_time_text(query->delay_us, text));
    html_print(out, "</td><td>%s</td></tr>\n", query->fault);
}

void html_dns(struct html_page *page)
{
    const struct report_run *run = page->run;
    if (run->query_count == 0)
        return;
    html_section_begin(page, "dns", "DNS queries");
    buf_add_text(
        page->out,
        "<div class=\"scroll\"><table>"
        "<caption class=\"unseen\">DNS queries</caption><thead><tr><th scope=\"col\">When</th>"
        "<th scope=\"col\">Packet</th><th scope=\"col\">Name</th>"
        "<th scope=\"col\">Type</th><th scope=\"col\">Result</th>"
        "<th scope=\"col\">Answer</th><th scope=\"col\">How</th>"
        "<th scope=\"col\">Fault</th></tr></thead><tbody>\n");
    size_t shown =
        run->query_count < page->bounds.queries ? run->query_count : page->bounds.queries;
    for (size_t i = 0; i < shown; i++)
        dns_row(page, &run->queries[i]);
    buf_add_text(page->out, "</tbody></table></div>\n");
    html_cut_note(page, shown, run->queries_seen, "queries");
    html_section_end(page);
}

static void finding_item(struct html_page *page, const struct report_finding *finding)
{
    struct buf *out = page->out;
    bool must = slice_is(slice_of(finding->level), "must");
    bool should = slice_is(slice_of(finding->level), "should");
    html_print(out,
               "<li><span class=\"badge %s\">%s</span><p class=\"said\">%s</p>"
               "<p class=\"where\"><code>%s</code> ",
               must     ? "fail"
               : should ? "warn"
                        : "none",
               finding->level, finding->text, finding->what);
    if (*finding->rfc != '\0')
        html_print(out, "<span>%s</span> ", finding->rfc);
    html_time(page, finding->at_us);
    buf_add_char(out, ' ');
    html_session_link(page, finding->session);
    buf_add_char(out, ' ');
    html_packet(page, finding->packet);
    if (finding->count > 1)
        html_print(out, " <span>%zu times</span>", finding->count);
    buf_add_text(out, "</p></li>\n");
}

/* How many findings before this one, or in all, are of the same kind. */
static size_t count_same(const struct report_run *run, const struct report_finding *finding,
                         size_t before)
{
    size_t count = 0;
    for (size_t i = 0; i < before; i++)
        count += slice_is(slice_of(run->findings[i].what), finding->what);
    return count;
}

void html_findings(struct html_page *page)
{
    const struct report_run *run = page->run;
    if (run->finding_count == 0)
        return;
    html_section_begin(page, "findings", "Findings");
    buf_add_text(page->out, "<ul class=\"findings\">\n");
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct report_finding *finding = &run->findings[i];
        size_t before = count_same(run, finding, i);
        size_t all = count_same(run, finding, run->finding_count);
        if (before < FINDINGS_OF_A_KIND)
            finding_item(page, finding);
        else if (before == FINDINGS_OF_A_KIND)
            html_print(page->out,
                       "<li><span></span><p class=\"where\"><code>%s</code> %zu more of this kind"
                       "</p></li>\n",
                       finding->what, all - before);
    }
    buf_add_text(page->out, "</ul>\n");
    html_section_end(page);
}
