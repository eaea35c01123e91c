/*
 * Placement and reputation at each mailbox provider over virtual time: columns of what came into
 * inboxes, into junk, was deferred or rejected; and the reputation of each key, day by day.
 */
#include "reports/html_page.h"

#include <inttypes.h>

#include "reports/report_time.h"
#include "reports/svg_axis.h"

#include "mta-under-test/base/poison.h"

enum {
    WIDTH = 1000,
    HEIGHT = 178,
    LEFT = 60,
    RIGHT = 974,
    TOP = 36,
    BOTTOM = 168,
    COLUMNS = 120,
    SCORE_MAX = 100,
};

static const char *const NAMES[REPORT_PLACEMENTS] = {
    [REPORT_PLACED_INBOX] = "inbox",
    [REPORT_PLACED_JUNK] = "junk",
    [REPORT_PLACED_DEFERRED] = "deferred",
    [REPORT_PLACED_REJECTED] = "rejected",
};

static const char *const CLASSES[REPORT_PLACEMENTS] = {
    [REPORT_PLACED_INBOX] = "pass",
    [REPORT_PLACED_JUNK] = "warn",
    [REPORT_PLACED_DEFERRED] = "none",
    [REPORT_PLACED_REJECTED] = "fail",
};

/* The columns stand at even distances, whatever time the bent axis gives each. */
static size_t collect_columns(const struct report_provider *provider, const struct svg_axis *axis,
                              struct report_placed *columns)
{
    size_t highest = 0;
    memset(columns, 0, COLUMNS * sizeof *columns);
    for (size_t i = 0; i < provider->slice_count; i++) {
        double x = svg_axis_x(axis, (int64_t)i * REPORT_SLICE_US);
        size_t at = (size_t)((x - LEFT) * COLUMNS / (RIGHT - LEFT));
        struct report_placed *column = &columns[at < COLUMNS ? at : COLUMNS - 1];
        size_t sum = 0;
        for (size_t k = 0; k < REPORT_PLACEMENTS; k++) {
            column->counts[k] += provider->slices[i].counts[k];
            sum += column->counts[k];
        }
        highest = sum > highest ? sum : highest;
    }
    return highest;
}

static void draw_columns(const struct report_placed *columns, size_t highest, struct buf *out)
{
    const double width = (double)(RIGHT - LEFT) / COLUMNS;
    for (size_t i = 0; i < COLUMNS; i++) {
        double y = BOTTOM;
        for (size_t k = 0; k < REPORT_PLACEMENTS; k++) {
            double height = (BOTTOM - TOP) * (double)columns[i].counts[k] / (double)highest;
            if (columns[i].counts[k] == 0)
                continue;
            y -= height;
            html_print(out,
                       "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                       "<title>%zu %s</title></rect>",
                       CLASSES[k], LEFT + (double)i * width, y, width - 1, height,
                       columns[i].counts[k], NAMES[k]);
        }
    }
    html_print(out, "<text class=\"scale\" x=\"%d\" y=\"%d\">%zu</text>\n", LEFT - 8, TOP + 4,
               highest);
}

static void placement_figure(struct html_page *page, const struct report_provider *provider)
{
    struct buf *out = page->out;
    struct report_placed columns[COLUMNS];
    struct svg_axis axis;
    svg_axis_init(&axis, page->run->end_us, LEFT, RIGHT);
    size_t highest = collect_columns(provider, &axis, columns);
    if (highest == 0)
        return;
    html_print(out, "<figure><figcaption>%s: placement <span class=\"quiet\">", provider->name);
    for (size_t i = 0; i < REPORT_PLACEMENTS; i++)
        html_print(out, "<span class=\"key %s\"></span>%zu %s ", CLASSES[i],
                   provider->totals.counts[i], NAMES[i]);
    if (provider->complaints > 0 || provider->unsubscribes > 0)
        html_print(out, "\xC2\xB7 %zu complained, %zu unsubscribed", provider->complaints,
                   provider->unsubscribes);
    html_print(out,
               "</span></figcaption><div class=\"scroll\"><svg class=\"chart placement\" "
               "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Placement at %s over virtual "
               "time\">\n",
               WIDTH, HEIGHT, provider->name);
    svg_axis_draw(&axis, out, TOP, BOTTOM);
    draw_columns(columns, highest, out);
    buf_add_text(out, "</svg></div></figure>\n");
}

static double score_y(int64_t score)
{
    return BOTTOM - (double)(BOTTOM - TOP) * (double)score / SCORE_MAX;
}

static void draw_scores(const struct report_provider *provider, const struct svg_axis *axis,
                        struct buf *out)
{
    for (int score = 0; score <= SCORE_MAX; score += SCORE_MAX / 2)
        html_print(out,
                   "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"scale\" x=\"%d\" "
                   "y=\"%.1f\">%d</text>\n",
                   LEFT, score_y(score), RIGHT, LEFT - 8, score_y(score) + 4, score);
    for (size_t i = 0; i < provider->reputation_count; i++) {
        const struct report_reputation *one = &provider->reputations[i];
        html_print(out, "<g class=\"score n%zu\"><path class=\"line\" d=\"", i);
        for (size_t k = 0; k < one->count; k++)
            html_print(out, "%s%.1f %.1f", k == 0 ? "M" : "L", svg_axis_x(axis, one->days[k].at_us),
                       score_y(one->days[k].score));
        buf_add_text(out, "\"/>");
        for (size_t k = 0; k < one->count; k++)
            html_print(out,
                       "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%s %s: %" PRId64
                       "</title></circle>",
                       svg_axis_x(axis, one->days[k].at_us), score_y(one->days[k].score), one->of,
                       one->key, one->days[k].score);
        buf_add_text(out, "</g>\n");
    }
}

static void reputation_table(struct html_page *page, const struct report_provider *provider)
{
    struct buf *out = page->out;
    buf_add_text(out, "<details class=\"data\"><summary>The same as a table</summary>"
                      "<div class=\"scroll\"><table><caption class=\"unseen\">Reputation, day by "
                      "day</caption><thead><tr><th scope=\"col\">When</th>"
                      "<th scope=\"col\">Of</th><th scope=\"col\">Key</th>"
                      "<th scope=\"col\" class=\"number\">Score</th>"
                      "<th scope=\"col\" class=\"number\">Allowance</th>"
                      "<th scope=\"col\" class=\"number\">Accepted</th>"
                      "<th scope=\"col\" class=\"number\">Complaints</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < provider->reputation_count; i++) {
        const struct report_reputation *one = &provider->reputations[i];
        for (size_t k = 0; k < one->count; k++) {
            const struct report_day *day = &one->days[k];
            buf_add_text(out, "<tr><td>");
            html_time(page, day->at_us);
            html_print(out,
                       "</td><td>%s</td><td>%s</td><td class=\"number\">%" PRId64
                       "</td><td class=\"number\">",
                       one->of, one->key, day->score);
            if (day->allowance >= 0)
                html_print(out, "%" PRId64, day->allowance);
            html_print(out,
                       "</td><td class=\"number\">%" PRId64 "</td><td class=\"number\">%" PRId64
                       "</td></tr>\n",
                       day->accepted, day->complaints);
        }
    }
    buf_add_text(out, "</tbody></table></div></details>");
}

static void reputation_figure(struct html_page *page, const struct report_provider *provider)
{
    struct buf *out = page->out;
    struct svg_axis axis;
    if (provider->reputation_count == 0)
        return;
    svg_axis_init(&axis, page->run->end_us, LEFT, RIGHT);
    html_print(out, "<figure><figcaption>%s: reputation <span class=\"quiet\">", provider->name);
    for (size_t i = 0; i < provider->reputation_count; i++)
        html_print(out, "<span class=\"key score n%zu\"></span>%s %s ", i,
                   provider->reputations[i].of, provider->reputations[i].key);
    html_print(out,
               "</span></figcaption><div class=\"scroll\"><svg class=\"chart\" viewBox=\"0 0 %d "
               "%d\" role=\"img\" aria-label=\"Reputation at %s over virtual time\">\n",
               WIDTH, HEIGHT, provider->name);
    svg_axis_draw(&axis, out, TOP, BOTTOM);
    draw_scores(provider, &axis, out);
    buf_add_text(out, "</svg></div>\n");
    reputation_table(page, provider);
    buf_add_text(out, "</figure>\n");
}

void html_providers(struct html_page *page)
{
    const struct report_run *run = page->run;
    if (run->provider_count == 0)
        return;
    html_section_begin(page, "providers", "Mailbox providers");
    for (size_t i = 0; i < run->provider_count; i++) {
        placement_figure(page, &run->providers[i]);
        reputation_figure(page, &run->providers[i]);
    }
    html_section_end(page);
}
