/*
 * Charts over virtual time. Steps: recipients that wait in the queue of the server under test, and
 * its open connections; a curve with many changes is drawn through the highest value of each
 * column. Dots: how near to a rule's limit a client was, each time that the rule was judged.
 */
#include "reports/html_page.h"

#include <inttypes.h>

#include "reports/report_time.h"
#include "reports/svg_axis.h"

#include "mta-under-test/base/poison.h"

enum {
    WAITING_BYTES_MAX = 16 * 1024,
    WIDTH = 1000,
    HEIGHT = 168,
    LEFT = 60,
    RIGHT = 984,
    TOP = 36,
    BOTTOM = 158,
    TABLE_ROWS_MAX = 60,
    GAUGES_MAX = 8,
    LIMIT_WORD_HEIGHT = 13,
};

static int64_t curve_peak(const struct report_curve *curve)
{
    int64_t value = 0;
    int64_t peak = 0;
    for (size_t i = 0; i < curve->count; i++) {
        value += curve->changes[i].by;
        if (value > peak)
            peak = value;
    }
    return peak;
}

/* 7 -> 10, 34 -> 50, 1200 -> 2000: a round number above the peak. */
static int64_t round_above(int64_t peak)
{
    static const int64_t steps[] = {1, 2, 5};
    for (int64_t ten = 1;; ten *= 10)
        for (size_t i = 0; i < 3; i++)
            if (steps[i] * ten >= peak)
                return steps[i] * ten;
}

static double value_y(int64_t value, int64_t top)
{
    return BOTTOM - (BOTTOM - TOP) * (double)value / (double)top;
}

static void draw_scale(struct buf *out, int64_t top)
{
    const int64_t values[] = {0, top / 2, top};
    for (size_t i = 0; i < 3; i++) {
        if (i == 1 && top < 2)
            continue;
        double y = value_y(values[i], top);
        html_print(out,
                   "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"scale\" x=\"%d\" "
                   "y=\"%.1f\">%" PRId64 "</text>\n",
                   LEFT, y, RIGHT, LEFT - 8, y + 4, values[i]);
    }
}

/* The path of the steps. Changes that fall on the same half pixel are one step, through their
 * highest value, so the path stays short however long the campaign. */
static void draw_steps(const struct report_curve *curve, const struct svg_axis *axis,
                       struct buf *out, int64_t top)
{
    int64_t value = 0;
    int64_t highest = 0;
    double column = -1;
    html_print(out, "M%.1f %.1f", svg_axis_x(axis, 0), value_y(0, top));
    for (size_t i = 0; i < curve->count; i++) {
        double x = svg_axis_x(axis, curve->changes[i].at_us);
        if (column >= 0 && x - column >= 0.5) {
            if (highest != value)
                html_print(out, "V%.1f", value_y(highest, top));
            html_print(out, "V%.1fH%.1f", value_y(value, top), x);
            highest = 0;
            column = x;
        } else if (column < 0) {
            html_print(out, "H%.1f", x);
            column = x;
        }
        value += curve->changes[i].by;
        if (value > highest)
            highest = value;
    }
    html_print(out, "V%.1fV%.1fH%.1f", value_y(highest, top), value_y(value, top),
               svg_axis_x(axis, axis->end_us));
}

static void curve_table(struct html_page *page, const struct report_curve *curve, const char *what)
{
    struct buf *out = page->out;
    html_print(
        out,
        "<details class=\"data\"><summary>The same as a table</summary><div class=\"scroll\">"
        "<table class=\"narrow\"><caption class=\"unseen\">%s over time</caption><thead><tr>"
        "<th scope=\"col\">When</th><th scope=\"col\" class=\"number\">%s</th></tr></thead>"
        "<tbody>\n",
        what, what);
    int64_t value = 0;
    size_t step = curve->count / TABLE_ROWS_MAX + 1;
    size_t shown = 0;
    for (size_t i = 0; i < curve->count; i++) {
        value += curve->changes[i].by;
        if ((i + 1) % step != 0 && i + 1 != curve->count)
            continue;
        buf_add_text(out, "<tr><td>");
        html_time(page, curve->changes[i].at_us);
        html_print(out, "</td><td class=\"number\">%" PRId64 "</td></tr>\n", value);
        shown++;
    }
    buf_add_text(out, "</tbody></table></div>");
    html_cut_note(page, shown, curve->count, "changes");
    buf_add_text(out, "</details>\n");
}

static void draw_curve(struct html_page *page, const struct report_curve *curve, const char *class,
                       const char *what)
{
    struct buf *out = page->out;
    int64_t peak = curve_peak(curve);
    if (peak == 0)
        return;
    int64_t top = round_above(peak);
    struct svg_axis axis;
    svg_axis_init(&axis, page->run->end_us, LEFT, RIGHT - 10);
    html_print(out,
               "<figure><figcaption>%s <span class=\"quiet\">at most %" PRId64
               "</span></figcaption>"
               "<div class=\"scroll\"><svg class=\"chart curve %s\" viewBox=\"0 0 %d %d\" "
               "role=\"img\" aria-label=\"%s over virtual time, at most %" PRId64 "\">\n",
               what, peak, class, WIDTH, HEIGHT, what, peak);
    svg_axis_draw(&axis, out, TOP, BOTTOM);
    draw_scale(out, top);
    buf_add_text(out, "<path class=\"area\" d=\"");
    draw_steps(curve, &axis, out, top);
    html_print(out, "V%dH%d Z\"/><path class=\"line\" d=\"", BOTTOM, LEFT);
    draw_steps(curve, &axis, out, top);
    buf_add_text(out, "\"/></svg></div>\n");
    curve_table(page, curve, what);
    buf_add_text(out, "</figure>\n");
}

bool html_has_curves(const struct report_run *run)
{
    /* One connection at a time is no curve worth drawing. */
    return curve_peak(&run->queue) > 0 || curve_peak(&run->connections) > 1 ||
           run->waiting[0] != '\0';
}

void html_curves(struct html_page *page)
{
    const struct report_run *run = page->run;
    if (!html_has_curves(run))
        return;
    html_section_begin(page, "queue", "Queue and connections");
    draw_curve(page, &run->queue, "queue", "Recipients in the queue");
    if (curve_peak(&run->connections) > 1)
        draw_curve(page, &run->connections, "connections", "Open connections");
    if (run->waiting[0] != '\0') {
        buf_add_text(page->out, "<details class=\"data\"><summary>What the server itself lists at "
                                "the end</summary><pre>");
        html_cut(page->out, slice_of(run->waiting), WAITING_BYTES_MAX);
        buf_add_text(page->out, "</pre></details>\n");
    }
    html_section_end(page);
}

/* One dot for each half pixel at most: the first of those that would cover each other. */
static void draw_readings(const struct report_gauge *gauge, const struct svg_axis *axis,
                          struct buf *out, int64_t top)
{
    double last_x = -1;
    double last_y = -1;
    for (size_t i = 0; i < gauge->count; i++) {
        const struct report_reading *reading = &gauge->readings[i];
        double x = svg_axis_x(axis, reading->at_us);
        double y = value_y(reading->value, top);
        if (x - last_x < 0.5 && y - last_y < 0.5 && last_y - y < 0.5)
            continue;
        html_print(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>",
                   reading->value > gauge->limit ? "over" : "under", x, y);
        last_x = x;
        last_y = y;
    }
    buf_add_char(out, '\n');
}

static void gauge_caption(struct html_page *page, const struct report_gauge *gauge)
{
    char window[TIME_TEXT_BYTES];
    html_print(page->out, "<figure><figcaption>%s: \"%s\" <span class=\"quiet\">%s", gauge->host,
               gauge->rule, gauge->counts);
    if (gauge->window_us > 0)
        html_print(page->out, " in %s", report_time_text(gauge->window_us, window));
    html_print(page->out,
               ", limit %" PRId64 ", highest %" PRId64 ", judged %zu time%s</span></figcaption>",
               gauge->limit, gauge->peak, gauge->seen, gauge->seen == 1 ? "" : "s");
}

static void draw_gauge(struct html_page *page, const struct report_gauge *gauge)
{
    struct buf *out = page->out;
    int64_t top = round_above(gauge->peak > gauge->limit ? gauge->peak : gauge->limit);
    struct svg_axis axis;
    svg_axis_init(&axis, page->run->end_us, LEFT, RIGHT - 10);
    gauge_caption(page, gauge);
    html_print(out,
               "<div class=\"scroll\"><svg class=\"chart gauge\" viewBox=\"0 0 %d %d\" "
               "role=\"img\" aria-label=\"%s against the limit %" PRId64
               " over virtual time, at most %" PRId64 "\">\n",
               WIDTH, HEIGHT, gauge->counts, gauge->limit, gauge->peak);
    svg_axis_draw(&axis, out, TOP, BOTTOM);
    draw_scale(out, top);
    double limit_y = value_y(gauge->limit, top);
    /* Below the line where it is at the top: above it stand the words of the axis. */
    double word_y = limit_y < TOP + LIMIT_WORD_HEIGHT ? limit_y + LIMIT_WORD_HEIGHT : limit_y - 5;
    html_print(out,
               "<path class=\"limit\" d=\"M%d %.1fH%d\"/><text class=\"limit\" x=\"%d\" "
               "y=\"%.1f\">limit %" PRId64 "</text>\n",
               LEFT, limit_y, RIGHT, RIGHT, word_y, gauge->limit);
    draw_readings(gauge, &axis, out, top);
    buf_add_text(out, "</svg></div></figure>\n");
}

void html_gauges(struct html_page *page)
{
    const struct report_run *run = page->run;
    if (run->gauge_count == 0)
        return;
    html_section_begin(page, "limits", "Against the receivers' limits");
    size_t shown = run->gauge_count < GAUGES_MAX ? run->gauge_count : GAUGES_MAX;
    for (size_t i = 0; i < shown; i++)
        draw_gauge(page, &run->gauges[i]);
    html_cut_note(page, shown, run->gauge_count, "limits");
    html_section_end(page);
}
