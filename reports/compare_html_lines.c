/*
 * What each server did, side by side: by scenario, and the differences by aspect.
 */
#include "reports/compare_html.h"
#include "reports/html_out.h"

#include "mta-under-test/base/poison.h"

/* The cells of a line. One that is odd is said so in its title too, for those who do not see the
 * colour. */
static void print_texts(const struct compare *compare, const struct compare_line *line,
                        struct buf *out)
{
    for (size_t s = 0; s < compare->server_count; s++) {
        if (line->texts[s] == NULL || line->texts[s][0] == '\0')
            buf_add_text(out, "<td class=\"quiet\">\xE2\x80\x93</td>");
        else if (line->odd[s])
            html_print(out, "<td class=\"odd\" title=\"differs from the others\">%s</td>",
                       line->texts[s]);
        else
            html_print(out, "<td>%s</td>", line->texts[s]);
    }
    buf_add_text(out, "</tr>\n");
}

/* ---- differences */

/* The first line of a row about that aspect in which the servers differ; NULL if none. */
static const struct compare_line *difference_of(const struct compare_row *row, const char *aspect)
{
    for (size_t i = 0; i < row->line_count; i++) {
        if (row->lines[i].differs && slice_is(slice_of(row->lines[i].aspect), aspect))
            return &row->lines[i];
    }
    return NULL;
}

/* Of the cells of one file the first that differs stands for all. */
static bool stands_for_its_file(const struct compare *compare, size_t r, const char *aspect)
{
    const struct compare_row *rows = compare->rows;
    if (difference_of(&rows[r], aspect) == NULL)
        return false;
    for (size_t i = r; i > 0 && slice_is(slice_of(rows[i - 1].file), rows[r].file); i--) {
        if (difference_of(&rows[i - 1], aspect) != NULL)
            return false;
    }
    return true;
}

static void print_aspect(const struct compare *compare, const char *aspect, const char *title,
                         struct buf *out)
{
    size_t count = 0;
    for (size_t r = 0; r < compare->row_count; r++)
        count += stands_for_its_file(compare, r, aspect);
    if (count == 0)
        return;
    html_print(out,
               "<details class=\"data\"><summary>%s: %zu scenarios</summary>"
               "<div class=\"scroll\"><table class=\"compare\">"
               "<caption class=\"unseen\">%s</caption>",
               title, count, title);
    compare_html_columns(compare, "Scenario", out);
    for (size_t r = 0; r < compare->row_count; r++) {
        const struct compare_row *row = &compare->rows[r];
        if (!stands_for_its_file(compare, r, aspect))
            continue;
        const struct compare_line *line = difference_of(row, aspect);
        html_print(out, "<tr><td><a href=\"#s%zu\">%s</a><br><small>%s</small></td>", r + 1,
                   row->name, line->recipient);
        print_texts(compare, line, out);
    }
    buf_add_text(out, "</tbody></table></div></details>\n");
}

void compare_html_differences(const struct compare *compare, struct buf *out)
{
    static const struct {
        const char *aspect;
        const char *title;
    } ASPECTS[] = {
        {"spacing", "Time between attempts"},
        {"hosts", "Order of hosts"},
        {"TLS", "TLS and clear text"},
        {"copies", "Copies"},
        {"end", "Ends: delivered, returned, kept"},
        {"delay warnings", "Warnings of delay"},
    };
    buf_add_text(out, "<h2>Differences</h2>\n<p class=\"note\">Where the servers did not do the "
                      "same; of each scenario the first cell and recipient that show it. Coloured: "
                      "differs from what most did. Times are virtual.</p>\n");
    for (size_t i = 0; i < sizeof ASPECTS / sizeof ASPECTS[0]; i++)
        print_aspect(compare, ASPECTS[i].aspect, ASPECTS[i].title, out);
}

/* ---- a scenario */

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
                       "<a href=\"%s/capture.pcapng\">capture</a> ",
                       cell->folder, cell->folder);
        html_print(out, "%s%s%s</td>", cell->problem, cell->problem[0] != '\0' ? " " : "",
                   cell->note);
    }
    buf_add_text(out, "</tr>\n");
}

void compare_html_scenario(const struct compare *compare, const struct compare_row *row, size_t id,
                           struct buf *out)
{
    const char *recipient = "";
    html_print(out,
               "<details class=\"scenario plain\" id=\"s%zu\"><summary><span class=\"title\">"
               "<h2>%s</h2><span class=\"file\">%s %s</span></span>",
               id, row->name, row->file, row->cell);
    for (size_t s = 0; s < compare->server_count; s++) {
        html_print(out, "<span class=\"of\"><small>%s</small>", compare->servers[s].name);
        compare_html_badge(&row->cells[s], out);
        buf_add_text(out, "</span>");
    }
    html_print(out,
               "</summary><div class=\"body scroll\"><table class=\"compare\">"
               "<caption class=\"unseen\">%s</caption>",
               row->name);
    compare_html_columns(compare, "", out);
    for (size_t i = 0; i < row->line_count; i++) {
        const struct compare_line *line = &row->lines[i];
        if (line->recipient[0] != '\0' && !slice_is(slice_of(recipient), line->recipient))
            html_print(out, "<tr><th colspan=\"%zu\" scope=\"rowgroup\">%s</th></tr>\n",
                       compare->server_count + 1, line->recipient);
        recipient = line->recipient;
        html_print(out, "<tr><td>%s%s</td>", line->aspect, line->differs ? " \xE2\x89\xA0" : "");
        print_texts(compare, line, out);
    }
    print_evidence(compare, row, out);
    buf_add_text(out, "</tbody></table></div></details>\n");
}
