/*
 * The authentication table: what each receiver found out about each message. A row opens into the
 * chain of facts behind it.
 */
#include "reports/html_page.h"

#include "mta-under-test/base/poison.h"

static const struct {
    const char *name;
    const char *meaning;
} TITLES[REPORT_AUTH_METHODS] = {
    [REPORT_AUTH_SPF] = {"SPF", "may this address send for the domain? (RFC 7208)"},
    [REPORT_AUTH_DKIM] = {"DKIM", "is the message signed, and as it was signed? (RFC 6376)"},
    [REPORT_AUTH_DMARC] = {"DMARC", "does the domain in From stand behind it? (RFC 7489)"},
    [REPORT_AUTH_ARC] = {"ARC", "what did earlier hosts find, before they changed it? (RFC 8617)"},
    [REPORT_AUTH_IPREV] = {"FCrDNS",
                           "has the client's address a name that leads back to it? (RFC 8601 3)"},
};

/* The class of its colour: red is what a receiver may refuse for. */
static const char *result_class(const char *result)
{
    static const char *const classes[][2] = {
        {"pass", "pass"},     {"fail", "fail"},      {"permerror", "fail"}, {"policy", "fail"},
        {"softfail", "warn"}, {"temperror", "warn"}, {"neutral", "none"},   {"none", "none"},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (slice_is(slice_of(result), classes[i][0]))
            return classes[i][1];
    return "none";
}

static void result_cell(struct html_page *page, const struct report_auth *row, size_t index)
{
    const struct report_auth_method *method = &row->methods[index];
    if (*method->result == '\0') {
        buf_add_text(page->out, "<td class=\"quiet\">not checked</td>");
        return;
    }
    bool aligns = index == REPORT_AUTH_SPF || index == REPORT_AUTH_DKIM;
    html_print(page->out, "<td><span class=\"badge %s\" title=\"%s\">%s</span>",
               result_class(method->result), method->reason, method->result);
    if (aligns && method->aligned)
        buf_add_text(page->out, " <small>aligned</small>");
    buf_add_text(page->out, "</td>");
}

static void end_cell(struct html_page *page, const struct report_auth *row)
{
    bool junk = slice_is(slice_of(row->placement), "junk");
    const char *class = row->outcome == REPORT_ACCEPTED   ? junk ? "warn" : "pass"
                        : row->outcome == REPORT_REJECTED ? "fail"
                                                          : "warn";
    const char *word = row->outcome == REPORT_ACCEPTED && *row->placement != '\0'
                           ? row->placement
                           : html_outcome_word(row->outcome);
    html_print(page->out, "<td><span class=\"badge %s\">%s</span>", class, word);
    if (row->times > 1)
        html_print(page->out, " <small>%zu times</small>", row->times);
    buf_add_text(page->out, "</td>");
}

/* The flat list as nested lists again. */
static void facts_tree(struct html_page *page, const struct report_auth_method *method)
{
    struct buf *out = page->out;
    size_t depth = 0;
    for (size_t i = 0; i < method->fact_count; i++) {
        const struct report_fact *fact = &method->facts[i];
        for (; depth <= fact->depth; depth++)
            buf_add_text(out, "<ul class=\"tree\">");
        html_print(out, "<li>%s", fact->text);
        size_t next = i + 1 < method->fact_count ? method->facts[i + 1].depth : 0;
        if (i + 1 < method->fact_count && next > fact->depth)
            continue;
        buf_add_text(out, "</li>");
        for (; depth > next + 1; depth--)
            buf_add_text(out, "</ul></li>");
    }
    if (depth > 0)
        buf_add_text(out, "</ul>");
}

static void why_row(struct html_page *page, const struct report_auth *row)
{
    struct buf *out = page->out;
    html_print(out,
               "<tr class=\"why\"><td colspan=\"%d\"><details class=\"data\"><summary>%s"
               "</summary><div class=\"chain\">\n",
               REPORT_AUTH_METHODS + 4, row->methods[REPORT_AUTH_DMARC].reason);
    for (size_t i = 0; i < REPORT_AUTH_METHODS; i++) {
        const struct report_auth_method *method = &row->methods[i];
        if (*method->result == '\0')
            continue;
        html_print(out, "<div><h4>%s: %s</h4><p>%s</p>", TITLES[i].name, method->result,
                   method->reason);
        facts_tree(page, method);
        buf_add_text(out, "</div>\n");
    }
    buf_add_text(out, "</div></details></td></tr>\n");
}

static void auth_row(struct html_page *page, const struct report_auth *row)
{
    struct buf *out = page->out;
    html_print(out, "<tr><td>%s<br><small>%s</small></td><td>%s<br><small>",
               *row->message != '\0' ? row->message : "a message from outside the scenario",
               *row->from != '\0' ? row->from : "<>", page->run->sessions[row->session].host);
    html_session_link_at(page, row->session);
    html_print(out, "</small></td><td>%s<br><small>%s%s</small></td>", row->author_domain,
               *row->policy != '\0' ? "p=" : "no DMARC record", row->policy);
    for (size_t i = 0; i < REPORT_AUTH_METHODS; i++)
        result_cell(page, row, i);
    end_cell(page, row);
    buf_add_text(out, "</tr>\n");
    why_row(page, row);
}

void html_auth(struct html_page *page)
{
    const struct report_run *run = page->run;
    if (run->auth_count == 0)
        return;
    html_section_begin(page, "authentication", "Authentication");
    buf_add_text(page->out, "<div class=\"scroll\"><table class=\"auth\"><caption "
                            "class=\"unseen\">Authentication of each message</caption><thead><tr>"
                            "<th scope=\"col\">Message</th><th scope=\"col\">Receiver</th>"
                            "<th scope=\"col\">From: domain</th>");
    for (size_t i = 0; i < REPORT_AUTH_METHODS; i++)
        html_print(page->out, "<th scope=\"col\"><abbr title=\"%s\">%s</abbr></th>",
                   TITLES[i].meaning, TITLES[i].name);
    buf_add_text(page->out, "<th scope=\"col\">End</th></tr></thead><tbody>\n");
    size_t told = 0;
    for (size_t i = 0; i < run->auth_count; i++) {
        auth_row(page, &run->auth[i]);
        told += run->auth[i].times;
    }
    buf_add_text(page->out, "</tbody></table></div>\n");
    html_cut_note(page, told, run->auth_seen, "messages");
    html_section_end(page);
}
