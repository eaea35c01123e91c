/*
 * One scenario: a line that says how it went, and behind it all that is known.
 */
#include "reports/html_page.h"

#include <inttypes.h>

#include "mta-under-test/base/file.h"
#include "reports/report_time.h"

#include "mta-under-test/base/poison.h"

static void summary(struct html_page *page)
{
    const struct report_run *run = page->run;
    struct buf *out = page->out;
    char text[TIME_TEXT_BYTES];
    size_t passed = report_run_count(run, REPORT_PASSED);
    size_t warned = report_run_count(run, REPORT_WARNED);
    html_print(out,
               "<summary><span class=\"badge %s\">%s</span><span class=\"title\"><h2>%s</h2>"
               "<span class=\"file\">%s",
               html_verdict_class(run->verdict),
               run->verdict == REPORT_WARNED ? "Passed" : html_verdict_word(run->verdict),
               run->name, run->file);
    if (*run->cell != '\0')
        html_print(out, " \xC2\xB7 %s", run->cell);
    buf_add_text(out, "</span></span><span class=\"facts\">");
    if (run->check_count > 0)
        html_print(out, "<span><b>%zu</b>/%zu checks</span>", passed, report_run_judged(run));
    if (warned > 0)
        html_print(out, "<span class=\"warn\"><b>%zu</b> warning%s</span>", warned,
                   warned == 1 ? "" : "s");
    if (run->attempts_seen > 0)
        html_print(out, "<span><b>%zu</b> %s</span>", run->attempts_seen,
                   run->attempts_seen == 1 ? "try" : "tries");
    if (run->end_us > 0)
        html_print(out, "<span title=\"virtual time\"><b>%s</b> virtual</span>",
                   report_time_text(run->end_us, text));
    if (run->wall_given)
        html_print(out, "<span title=\"real time\">%s real</span>",
                   report_time_text(run->wall_us, text));
    buf_add_text(out, "</span></summary>\n");
}

static void fact(struct buf *out, const char *name, const char *value)
{
    if (*value != '\0')
        html_print(out, "<div><dt>%s</dt><dd>%s</dd></div>", name, value);
}

static const char *reason_words(const char *reason)
{
    static const char *const words[][2] = {
        {"settled", "everything had its end"},
        {"limit", "the clock's limit was reached"},
        {"mta-failed", "the server under test failed"},
        {"stopped", "stopped from outside"},
        {"command", "the command ended"},
        {"command-failed", "the command failed"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_is(slice_of(reason), words[i][0]))
            return words[i][1];
    return reason;
}

static void ended(struct buf *out, const struct report_run *run)
{
    bool settled = slice_is(slice_of(run->end_reason), "settled");
    html_print(out, "<div><dt>Ended</dt><dd>%s", reason_words(run->end_reason));
    if (!settled && *run->end_detail != '\0')
        html_print(out, ": %s", run->end_detail);
    buf_add_text(out, "</dd></div>");
}

static void evidence_link(struct html_page *page, const char *file)
{
    const struct report_run *run = page->run;
    char *path = mem_text_format("%s/%s", run->folder, file);
    size_t len = strlen(page->folder);
    bool below = len > 0 && strncmp(run->folder, page->folder, len) == 0 &&
                 (run->folder[len] == '/' || run->folder[len] == '\0');
    const char *relative = path + len + 1;
    if (!file_exists(path))
        file = NULL;
    else if (below)
        html_print(page->out, "<a href=\"%s\">%s</a> ", relative, file);
    else
        html_print(page->out, "<span title=\"%s\">%s</span> ", path, file);
    free(path);
}

static void facts(struct html_page *page)
{
    const struct report_run *run = page->run;
    struct buf *out = page->out;
    char text[TIME_TEXT_BYTES];
    buf_add_text(out, "<dl class=\"facts\">");
    if (*run->mta != '\0')
        html_print(out, "<div><dt>Server under test</dt><dd>%s <small>%s</small></dd></div>",
                   run->mta, run->hostname);
    if (run->started_us != 0)
        fact(out, "World began", time_to_rfc3339(run->started_us, text));
    if (run->seed != 0)
        html_print(out, "<div><dt>Seed</dt><dd>%" PRId64 "</dd></div>", run->seed);
    if (*run->end_reason != '\0')
        ended(out, run);
    else if (run->end_us > 0)
        fact(out, "Ended", "it did not: the event log has no end");
    if (run->message_count > 0)
        html_print(out, "<div><dt>Mail</dt><dd>%zu message%s, %zu recipient%s</dd></div>",
                   run->message_count, run->message_count == 1 ? "" : "s", run->delivery_count,
                   run->delivery_count == 1 ? "" : "s");
    if (*run->folder != '\0') {
        buf_add_text(out, "<div><dt>Evidence</dt><dd>");
        evidence_link(page, "events.jsonl");
        evidence_link(page, "capture.pcapng");
        evidence_link(page, "results.json");
        evidence_link(page, "server.log");
        buf_add_text(out, "</dd></div>");
    }
    buf_add_text(out, "</dl>\n");
}

static void words(struct buf *out, const char *class, const char *const *list, size_t count)
{
    if (count == 0)
        return;
    html_print(out, "<p class=\"%s\">", class);
    for (size_t i = 0; i < count; i++)
        html_print(out, "<span>%s</span> ", list[i]);
    buf_add_text(out, "</p>\n");
}

static void head(struct html_page *page)
{
    const struct report_run *run = page->run;
    struct buf *out = page->out;
    if (*run->about != '\0')
        html_print(out, "<p class=\"about\">%s</p>\n", run->about);
    words(out, "tags", run->tags, run->tag_count);
    words(out, "references", run->references, run->reference_count);
    if (*run->problem != '\0')
        html_print(out, "<div class=\"problem\"><pre>%s</pre></div>\n", run->problem);
    facts(page);
}

static void jump_to(struct html_page *page, const char *name, const char *title, bool there)
{
    if (there)
        html_print(page->out, "<a href=\"#%s/%s\">%s</a> ", page->slug, name, title);
}

static void contents(struct html_page *page)
{
    const struct report_run *run = page->run;
    html_print(page->out, "<nav class=\"contents\" aria-label=\"Parts of %s\">", run->name);
    jump_to(page, "checks", "Checks", run->check_count > 0);
    jump_to(page, "findings", "Findings", run->finding_count > 0);
    jump_to(page, "timeline", "Timeline", run->delivery_count > 0);
    jump_to(page, "clients", "Clients", run->client_count > 0);
    jump_to(page, "sessions", "Sessions", run->session_count > 0);
    jump_to(page, "hosts", "Hosts", html_host_count(run) > 1);
    jump_to(page, "authentication", "Authentication", run->auth_count > 0);
    jump_to(page, "tls", "TLS", html_has_tls(run));
    jump_to(page, "queue", "Queue", html_has_curves(run));
    jump_to(page, "providers", "Providers", run->provider_count > 0);
    jump_to(page, "limits", "Limits", run->gauge_count > 0);
    jump_to(page, "dns", "DNS", run->query_count > 0);
    buf_add_text(page->out, "</nav>\n");
}

void html_scenario(struct html_page *page, bool open)
{
    const struct report_run *run = page->run;
    html_print(page->out, "<details class=\"scenario %s\" id=\"%s\" data-verdict=\"%s\"%s>\n",
               html_verdict_class(run->verdict), page->slug, html_verdict_class(run->verdict),
               open ? " open" : "");
    summary(page);
    buf_add_text(page->out, "<div class=\"body\">\n");
    head(page);
    if (run->check_count > 0 || run->session_count > 0 || run->client_count > 0)
        contents(page);
    html_checks(page);
    html_findings(page);
    html_timeline(page);
    html_clients(page);
    html_sessions(page);
    html_hosts(page);
    html_auth(page);
    html_tls(page);
    html_curves(page);
    html_providers(page);
    html_gauges(page);
    html_dns(page);
    buf_add_text(page->out, "</div></details>\n");
}
