#include "reports/html_page.h"

#include "reports/report_index.h"
#include "reports/report_time.h"

#include "mta-under-test/base/poison.h"

enum { HOSTS_MAX = 100 };

struct host_row {
    const char *host;
    size_t sessions;
    size_t tls;
    size_t accepted;
    size_t by_outcome[REPORT_OUTCOME_COUNT];
    int64_t first_us;
    int64_t last_us;
};

/* Where a single run is shown, the session that a reader wants first is unfolded: that of the first
 * check that failed, else the first one. */
static size_t open_session(const struct html_page *page)
{
    const struct report_run *run = page->run;
    if (page->suite->run_count != 1)
        return run->session_count;
    for (size_t i = 0; i < run->check_count; i++)
        for (size_t s = 0; run->checks[i].verdict == REPORT_FAILED && s < run->session_count; s++)
            if (slice_is(slice_of(run->sessions[s].id), run->checks[i].session))
                return s;
    size_t first = 0;
    while (first < run->session_count && run->sessions[first].refused)
        first++;
    return first;
}

static void summary(struct html_page *page, const struct report_session *session, size_t index,
                    bool open)
{
    struct buf *out = page->out;
    char text[TIME_TEXT_BYTES];
    const char *outcome = html_outcome_word(session->outcome);
    html_print(out,
               "<details class=\"ladder-of\" id=\"%s/session-%zu\"%s><summary>"
               "<svg width=\"16\" height=\"16\" viewBox=\"-8 -8 16 16\" aria-hidden=\"true\">"
               "<use class=\"mark %s\" href=\"#m-%s\"/></svg><span class=\"name\">%s</span>",
               page->slug, index + 1, open ? " open" : "", outcome, outcome, session->id);
    html_time(page, session->start_us);
    html_print(out, "<span class=\"outcome\">%s</span>", outcome);
    if (session->refused)
        buf_add_text(out, "<span class=\"chip\">no session</span>");
    else if (session->tls_tried)
        html_print(out, "<span class=\"chip %s\">%s</span>", session->tls_ok ? "tls" : "fail",
                   session->tls_ok ? session->tls_version : "TLS failed");
    else
        buf_add_text(out, "<span class=\"chip\">clear text</span>");
    buf_add_text(out, "<span class=\"last quiet\">");
    if (session->last_code != 0)
        html_print(out, "%d ", session->last_code);
    html_cut(out, slice_of(session->last_text), 90);
    buf_add_text(out, "</span>");
    if (session->end_us >= 0)
        html_print(out, "<span class=\"lasted quiet\" title=\"how long it lasted\">%s</span>",
                   report_time_text(session->end_us - session->start_us, text));
    buf_add_text(out, "</summary>\n");
}

/* Steps through all that the ladders show, in the order in which it happened; only where the page's
 * script runs. */
static void replay_bar(struct buf *out)
{
    buf_add_text(out,
                 "<div class=\"replay\" role=\"group\" aria-label=\"Replay of the run\" hidden>"
                 "<button type=\"button\" data-do=\"back\" title=\"the step before\" "
                 "aria-label=\"back\">&#9664;</button>"
                 "<button type=\"button\" data-do=\"play\" title=\"replay the run step by "
                 "step\">Replay</button>"
                 "<button type=\"button\" data-do=\"next\" title=\"the next step\" "
                 "aria-label=\"next\">&#9654;</button>"
                 "<input type=\"range\" min=\"0\" value=\"0\" aria-label=\"step\">"
                 "<output></output></div>\n");
}

void html_sessions(struct html_page *page)
{
    const struct report_run *run = page->run;
    if (run->session_count == 0)
        return;
    html_section_begin(page, "sessions", "SMTP sessions");
    replay_bar(page->out);
    size_t opened = open_session(page);
    size_t shown = 0;
    for (size_t i = 0; i < run->session_count; i++) {
        if (!html_session_shown(page, i))
            continue;
        summary(page, &run->sessions[i], i, i == opened);
        html_ladder(page, &run->sessions[i]);
        buf_add_text(page->out, "</details>\n");
        shown++;
    }
    html_cut_note(page, shown, run->session_count,
                  "sessions (the first, those a check names, and those where TLS or the protocol "
                  "failed)");
    html_section_end(page);
}

static size_t count_hosts(const struct report_run *run, struct host_row *rows)
{
    struct report_index index = {0};
    size_t count = 0;
    for (size_t i = 0; i < run->session_count; i++) {
        const struct report_session *session = &run->sessions[i];
        size_t found = report_index_get(&index, session->host);
        if (found == 0 && count == HOSTS_MAX)
            continue;
        if (found == 0) {
            rows[count] = (struct host_row){.host = session->host, .first_us = session->start_us};
            found = ++count;
            report_index_set(&index, session->host, found);
        }
        struct host_row *row = &rows[found - 1];
        row->sessions++;
        row->tls += session->tls_ok;
        row->accepted += (size_t)session->accepted;
        row->by_outcome[session->outcome]++;
        row->last_us = session->start_us;
    }
    report_index_deinit(&index);
    return count;
}

size_t html_host_count(const struct report_run *run)
{
    struct map hosts = {0};
    for (size_t i = 0; i < run->session_count; i++)
        map_set_text(&hosts, run->sessions[i].host, &hosts);
    size_t count = hosts.count;
    map_deinit(&hosts, NULL);
    return count;
}

void html_hosts(struct html_page *page)
{
    const struct report_run *run = page->run;
    struct buf *out = page->out;
    if (html_host_count(run) < 2)
        return;
    struct host_row *rows = mem_alloc_array(HOSTS_MAX, sizeof *rows);
    size_t count = count_hosts(run, rows);
    html_section_begin(page, "hosts", "Hosts");
    buf_add_text(out, "<div class=\"scroll\"><table><caption "
                      "class=\"unseen\">Hosts</caption><thead><tr><th scope=\"col\">Host</th>"
                      "<th scope=\"col\" class=\"number\">Sessions</th>"
                      "<th scope=\"col\" class=\"number\">with TLS</th>"
                      "<th scope=\"col\" class=\"number\">deferred</th>"
                      "<th scope=\"col\" class=\"number\">rejected</th>"
                      "<th scope=\"col\" class=\"number\">broken</th>"
                      "<th scope=\"col\" class=\"number\">Messages accepted</th>"
                      "<th scope=\"col\">First</th><th scope=\"col\">Last</th></tr></thead>"
                      "<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        const struct host_row *row = &rows[i];
        html_print(out,
                   "<tr><td>%s</td><td class=\"number\">%zu</td><td class=\"number\">%zu</td>"
                   "<td class=\"number\">%zu</td><td class=\"number\">%zu</td>"
                   "<td class=\"number\">%zu</td><td class=\"number\">%zu</td><td>",
                   row->host, row->sessions, row->tls, row->by_outcome[REPORT_DEFERRED],
                   row->by_outcome[REPORT_REJECTED], row->by_outcome[REPORT_BROKEN], row->accepted);
        html_time(page, row->first_us);
        buf_add_text(out, "</td><td>");
        html_time(page, row->last_us);
        buf_add_text(out, "</td></tr>\n");
    }
    buf_add_text(out, "</tbody></table></div>\n");
    if (count == HOSTS_MAX)
        html_print(out, "<p class=\"note\">The first %d hosts are shown.</p>\n", HOSTS_MAX);
    html_section_end(page);
    free(rows);
}
