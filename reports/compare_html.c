/*
 * compare.html: the matrix, and each scenario side by side. One file, no network.
 */
#include "reports/compare.h"
#include "reports/html_out.h"
#include "reports/report_assets.h"

#include "mta-under-test/base/poison.h"

static const char *verdict_class(enum compare_verdict verdict)
{
    static const char *const CLASSES[COMPARE_VERDICT_COUNT] = {
        [COMPARE_ABSENT] = "none", [COMPARE_PASSED] = "pass",         [COMPARE_WARNED] = "warn",
        [COMPARE_FAILED] = "fail", [COMPARE_NOT_APPLICABLE] = "none", [COMPARE_ERROR] = "error",
    };
    return CLASSES[verdict];
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
               "</style>\n</head>\n<body>\n<header class=\"top plain\"><div class=\"brand\">"
               "<span>Mailrange</span><button type=\"button\" id=\"theme\" hidden "
               "aria-label=\"Light or dark\" title=\"Light or dark\">\xE2\x97\x90</button></div>"
               "<h1>%zu scenarios over %zu servers</h1></header>\n<main>\n",
               compare->row_count, compare->server_count);
}

static void print_servers(const struct compare *compare, struct buf *out)
{
    for (size_t s = 0; s < compare->server_count; s++)
        html_print(out, "<th scope=\"col\">%s <small>%s</small></th>", compare->servers[s].name,
                   compare->servers[s].version);
    buf_add_text(out, "</tr></thead><tbody>\n");
}

static void print_badge(const struct compare_cell *cell, struct buf *out)
{
    const char *title = cell->note[0] != '\0' ? cell->note : cell->problem;
    html_print(out, "<span class=\"badge %s\" title=\"%s\">%s</span>", verdict_class(cell->verdict),
               title, compare_word(cell->verdict));
}

static void print_matrix(const struct compare *compare, struct buf *out)
{
    buf_add_text(out, "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Scenario</th>");
    print_servers(compare, out);
    for (size_t r = 0; r < compare->row_count; r++) {
        const struct compare_row *row = &compare->rows[r];
        html_print(out, "<tr><td><a href=\"#s%zu\">%s</a> <small>%s</small></td>", r + 1, row->name,
                   row->cell);
        for (size_t s = 0; s < compare->server_count; s++) {
            buf_add_text(out, "<td>");
            print_badge(&row->cells[s], out);
            buf_add_text(out, "</td>");
        }
        buf_add_text(out, "</tr>\n");
    }
    buf_add_text(out, "</tbody></table></div>\n");
}

/* A cell that is odd is said so in its title too, for those who do not see the colour. */
static void print_line(const struct compare *compare, const struct compare_line *line,
                       struct buf *out)
{
    html_print(out, "<tr><td>%s%s</td>", line->aspect, line->differs ? " \xE2\x89\xA0" : "");
    for (size_t s = 0; s < compare->server_count; s++) {
        if (line->texts[s] == NULL)
            buf_add_text(out, "<td class=\"quiet\">\xE2\x80\x93</td>");
        else if (line->odd[s])
            html_print(out, "<td class=\"odd\" title=\"differs from the others\">%s</td>",
                       line->texts[s]);
        else
            html_print(out, "<td>%s</td>", line->texts[s]);
    }
    buf_add_text(out, "</tr>\n");
}

static void print_evidence(const struct compare *compare, const struct compare_row *row,
                           struct buf *out)
{
    buf_add_text(out, "<tr><td>evidence</td>");
    for (size_t s = 0; s < compare->server_count; s++) {
        const struct compare_cell *cell = &row->cells[s];
        buf_add_text(out, "<td>");
        if (cell->folder[0] != '\0')
            html_print(out,
                       "<a href=\"%s/events.jsonl\">events</a> "
                       "<a href=\"%s/capture.pcapng\">capture</a>",
                       cell->folder, cell->folder);
        html_print(out, "%s %s</td>", cell->problem, cell->note);
    }
    buf_add_text(out, "</tr>\n");
}

static void print_scenario(const struct compare *compare, const struct compare_row *row, size_t id,
                           struct buf *out)
{
    const char *recipient = "";
    html_print(out,
               "<details class=\"scenario plain\" id=\"s%zu\"><summary><span class=\"title\">"
               "<h2>%s</h2><span class=\"file\">%s %s</span></span>",
               id, row->name, row->file, row->cell);
    for (size_t s = 0; s < compare->server_count; s++)
        print_badge(&row->cells[s], out);
    buf_add_text(out, "</summary><div class=\"body scroll\"><table class=\"compare\"><thead><tr>"
                      "<th scope=\"col\"></th>");
    print_servers(compare, out);
    for (size_t i = 0; i < row->line_count; i++) {
        const struct compare_line *line = &row->lines[i];
        if (line->recipient[0] != '\0' && !slice_is(slice_of(recipient), line->recipient))
            html_print(out, "<tr><th colspan=\"%zu\" scope=\"rowgroup\">%s</th></tr>\n",
                       compare->server_count + 1, line->recipient);
        recipient = line->recipient;
        print_line(compare, line, out);
    }
    print_evidence(compare, row, out);
    buf_add_text(out, "</tbody></table></div></details>\n");
}

void compare_print_html(const struct compare *compare, struct buf *out)
{
    print_head(compare, out);
    print_matrix(compare, out);
    buf_add_text(out, "<p class=\"note\">\xE2\x89\xA0: the servers did not do the same. Coloured: "
                      "differs from what most did. Times are virtual.</p>\n");
    for (size_t r = 0; r < compare->row_count; r++)
        print_scenario(compare, &compare->rows[r], r + 1, out);
    buf_add_text(out, "</main>\n<script>\n");
    buf_add_text(out, report_page_js);
    buf_add_text(out, "</script>\n</body>\n</html>\n");
}
