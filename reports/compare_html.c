/*
 * compare.html: topics and servers with counts, the findings, the differences, and each scenario
 * side by side. One file, no network.
 */
#include "reports/compare_html.h"
#include "reports/compare_fold.h"
#include "reports/html_out.h"
#include "reports/report_assets.h"

#include "mta-under-test/base/poison.h"

const char *compare_html_class(enum compare_verdict verdict)
{
    static const char *const CLASSES[COMPARE_VERDICT_COUNT] = {
        [COMPARE_ABSENT] = "none", [COMPARE_PASSED] = "pass",         [COMPARE_WARNED] = "warn",
        [COMPARE_FAILED] = "fail", [COMPARE_NOT_APPLICABLE] = "none", [COMPARE_ERROR] = "error",
    };
    return CLASSES[verdict];
}

void compare_html_columns(const struct compare *compare, const char *first, struct buf *out)
{
    html_print(out, "<thead><tr><th scope=\"col\">%s</th>", first);
    for (size_t s = 0; s < compare->server_count; s++)
        html_print(out, "<th scope=\"col\">%s <small>%s</small></th>", compare->servers[s].name,
                   compare->servers[s].version);
    buf_add_text(out, "</tr></thead><tbody>\n");
}

void compare_html_badge(const struct compare_cell *cell, struct buf *out)
{
    const char *title = cell->note[0] != '\0' ? cell->note : cell->problem;
    html_print(out, "<span class=\"badge %s\" title=\"%s\">%s</span>",
               compare_html_class(cell->verdict), title, compare_word(cell->verdict));
}

static void print_head(const struct compare *compare, struct buf *out)
{
    buf_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n"
                      "<title>Comparison</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n");
    buf_add_text(out, report_page_css);
    html_print(out,
               "</style>\n</head>\n<body>\n"
               "<a class=\"skip\" href=\"#comparison\">Skip to the comparison</a>\n<header "
               "class=\"top plain\"><div class=\"brand\">"
               "<span>Mailrange</span><button type=\"button\" id=\"theme\" hidden "
               "aria-label=\"Light or dark\" title=\"Light or dark\">\xE2\x97\x90</button></div>"
               "<h1>%zu scenarios over %zu servers</h1></header>\n<main id=\"comparison\" "
               "tabindex=\"-1\">\n",
               compare->row_count, compare->server_count);
}

/* "12 pass  1 FAIL"; the word alone where there is one row. */
static void print_tally(const struct compare *compare, size_t first, size_t count, size_t server,
                        struct buf *out)
{
    struct compare_tally tally = compare_tally(compare, first, count, server);
    if (count == 1) {
        compare_html_badge(&compare->rows[first].cells[server], out);
        return;
    }
    for (size_t v = COMPARE_ABSENT + 1; v < COMPARE_VERDICT_COUNT; v++) {
        enum compare_verdict verdict = (enum compare_verdict)v;
        if (tally.of[v] > 0)
            html_print(out, "<span class=\"badge %s\">%zu %s</span> ", compare_html_class(verdict),
                       tally.of[v], compare_word(verdict));
    }
}

static void print_tallies(const struct compare *compare, size_t first, size_t count,
                          struct buf *out)
{
    for (size_t s = 0; s < compare->server_count; s++) {
        buf_add_text(out, "<td>");
        print_tally(compare, first, count, s, out);
        buf_add_text(out, "</td>");
    }
    buf_add_text(out, "</tr>\n");
}

static void print_glance(const struct compare *compare, const struct compare_group *groups,
                         size_t group_count, struct buf *out)
{
    buf_add_text(out, "<h2>At a glance</h2>\n<div class=\"scroll\"><table class=\"glance\">"
                      "<caption class=\"unseen\">Verdicts by topic</caption>");
    compare_html_columns(compare, "Topic", out);
    for (size_t g = 0; g < group_count;) {
        size_t end = compare_topic_end(groups, group_count, g);
        size_t first = groups[g].first;
        html_print(out, "<tr><td><a href=\"#%s\">%s</a></td>", groups[g].topic, groups[g].topic);
        print_tallies(compare, first, groups[end - 1].first + groups[end - 1].count - first, out);
        g = end;
    }
    buf_add_text(out, "<tr><td><b>all</b></td>");
    print_tallies(compare, 0, compare->row_count, out);
    buf_add_text(out, "</tbody></table></div>\n");
}

static void print_note(const struct compare *compare, const struct compare_note *note,
                       struct buf *out)
{
    html_print(out, "<li>%s%s <small>%s</small>", note->of_range ? "A limit of the range: " : "",
               note->text, note->rfc);
    for (size_t i = 0; i < note->row_count; i++)
        html_print(out, "%s<a href=\"#s%zu\">%s</a>", i == 0 ? "<br><small>" : ", ",
                   note->rows[i] + 1, compare->rows[note->rows[i]].name);
    buf_add_text(out, "</small></li>\n");
}

/* How many notes about a server belong to scenarios that were run. */
static size_t count_notes(const struct compare *compare, size_t server)
{
    size_t count = 0;
    for (size_t n = 0; n < compare->note_count; n++)
        count += compare->notes[n].server == server && compare->notes[n].row_count > 0;
    return count;
}

static void print_findings(const struct compare *compare, struct buf *out)
{
    bool has_head = false;
    for (size_t s = 0; s < compare->server_count; s++) {
        size_t count = count_notes(compare, s);
        if (count == 0)
            continue;
        if (!has_head)
            buf_add_text(out, "<h2>Findings</h2>\n");
        has_head = true;
        html_print(out, "<details class=\"data\"><summary>%s: %zu</summary><ul>\n",
                   compare->servers[s].name, count);
        for (size_t n = 0; n < compare->note_count; n++) {
            if (compare->notes[n].server == s && compare->notes[n].row_count > 0)
                print_note(compare, &compare->notes[n], out);
        }
        buf_add_text(out, "</ul></details>\n");
    }
}

static void print_topic(const struct compare *compare, const struct compare_group *groups,
                        size_t first, size_t end, struct buf *out)
{
    html_print(out,
               "<h2 id=\"%s\">%s</h2>\n<div class=\"scroll\"><table class=\"glance\">"
               "<caption class=\"unseen\">Verdicts of %s</caption>",
               groups[first].topic, groups[first].topic, groups[first].topic);
    compare_html_columns(compare, "Scenario", out);
    for (size_t g = first; g < end; g++) {
        html_print(out, "<tr><td><a href=\"#s%zu\">%s</a></td>", groups[g].first + 1,
                   groups[g].name);
        print_tallies(compare, groups[g].first, groups[g].count, out);
    }
    buf_add_text(out, "</tbody></table></div>\n");
}

void compare_print_html(const struct compare *compare, struct buf *out)
{
    size_t group_count;
    struct arena arena = {0};
    struct compare_group *groups = compare_fold(compare, &arena, &group_count);
    print_head(compare, out);
    print_glance(compare, groups, group_count, out);
    print_findings(compare, out);
    compare_html_differences(compare, out);
    for (size_t g = 0; g < group_count;) {
        size_t end = compare_topic_end(groups, group_count, g);
        print_topic(compare, groups, g, end, out);
        g = end;
    }
    buf_add_text(out, "<h2>Side by side</h2>\n");
    for (size_t r = 0; r < compare->row_count; r++)
        compare_html_scenario(compare, &compare->rows[r], r + 1, out);
    buf_add_text(out, "</main>\n<script>\n");
    buf_add_text(out, report_page_js);
    buf_add_text(out, "</script>\n</body>\n</html>\n");
    free(groups);
    arena_deinit(&arena);
}
