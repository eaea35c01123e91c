#include "reports/html_page.h"

#include "mta-under-test/base/poison.h"

static void one_check(struct html_page *page, const struct report_check *check)
{
    struct buf *out = page->out;
    html_print(
        out,
        "<tr class=\"%s\"><td class=\"badge-cell\"><span class=\"badge %s\">%s</span></td><td>"
        "<p class=\"said\">%s</p>",
        html_verdict_class(check->verdict), html_verdict_class(check->verdict),
        html_verdict_word(check->verdict), check->text);
    html_print(out, "<p class=\"where\">");
    if (*check->place != '\0')
        html_print(out, "<code>%s</code> ", check->place);
    if (*check->reference != '\0')
        html_print(out, "<span>%s</span> ", check->reference);
    if (!slice_is(slice_of(check->level), "must"))
        html_print(out, "<span class=\"level\">%s</span>", check->level);
    if (check->misfits > 0 && check->judged > 1)
        html_print(out, " <span>%zu of %zu do not fit</span>", check->misfits, check->judged);
    buf_add_text(out, "</p></td>");
    html_print(out, "<td class=\"expected\">%s</td><td class=\"actual\">%s</td><td class=\"seen\">",
               slice_is(slice_of(check->expected), check->text) ? "" : check->expected,
               check->actual);
    html_time(page, check->at_us);
    buf_add_char(out, ' ');
    html_session_link(page, check->session);
    buf_add_char(out, ' ');
    html_packet(page, check->packet);
    buf_add_text(out, "</td></tr>\n");
}

/* What went wrong stands first, whatever its place in the scenario. */
static void checks_of(struct html_page *page, const char *kind, bool bad)
{
    const struct report_run *run = page->run;
    for (size_t i = 0; i < run->check_count; i++) {
        const struct report_check *check = &run->checks[i];
        bool is_bad = check->verdict == REPORT_FAILED || check->verdict == REPORT_WARNED ||
                      check->verdict == REPORT_ERROR;
        if (is_bad == bad && slice_is(slice_of(kind), check->kind))
            one_check(page, check);
    }
}

static void table(struct html_page *page, const char *kind, const char *caption)
{
    html_print(page->out,
               "<div class=\"scroll\"><table class=\"checks\"><caption>%s</caption><thead><tr>"
               "<th scope=\"col\">Verdict</th><th scope=\"col\">Check</th>"
               "<th scope=\"col\">Expected</th><th scope=\"col\">What happened</th>"
               "<th scope=\"col\">Seen at</th></tr></thead><tbody>\n",
               caption);
    checks_of(page, kind, true);
    checks_of(page, kind, false);
    buf_add_text(page->out, "</tbody></table></div>\n");
}

static size_t count_kind(const struct report_run *run, const char *kind, bool passed_only)
{
    size_t count = 0;
    for (size_t i = 0; i < run->check_count; i++)
        count += slice_is(slice_of(kind), run->checks[i].kind) &&
                 (!passed_only || run->checks[i].verdict == REPORT_PASSED);
    return count;
}

/* Where all of them hold, one line says so and the rest is folded. */
static void invariants(struct html_page *page)
{
    size_t count = count_kind(page->run, "invariant", false);
    bool all_hold = count_kind(page->run, "invariant", true) == count;
    if (count == 0)
        return;
    if (all_hold)
        html_print(page->out,
                   "<details class=\"data invariants\"><summary><span class=\"badge pass\">Passed"
                   "</span> What must hold in every run: all %zu invariants hold</summary>\n",
                   count);
    table(page, "invariant", "What must hold in every run");
    if (all_hold)
        buf_add_text(page->out, "</details>\n");
}

void html_checks(struct html_page *page)
{
    if (page->run->check_count == 0)
        return;
    html_section_begin(page, "checks", "Checks");
    if (count_kind(page->run, "expectation", false) > 0)
        table(page, "expectation", "What the scenario expects");
    invariants(page);
    html_section_end(page);
}
