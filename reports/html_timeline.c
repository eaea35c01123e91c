/*
 * The life of each message for each recipient: one lane for each host that was tried, a mark for
 * each attempt, the window that a check demands shaded behind.
 */
#include "reports/html_page.h"

#include "reports/report_time.h"
#include "reports/svg_axis.h"

#include "mta-under-test/base/poison.h"

enum {
    ROWS_MAX = 40, /* shown if there are no more */
    ROWS_OF_MANY = 14,
    LANES_MAX = 8,
    MARKS_MAX = 120, /* of one row */
    TABLE_ROWS_MAX = 300,
    WIDTH = 1000,
    GUTTER = 236, /* names on the left, the end of each on the right */
    RIGHT = 836,
    TOP = 28,
    FLAGS_TOP = 42,
    TOP_WITH_FLAGS = 52,
    FLAG_DISTANCE = 17,
    ROW_MIN = 36, /* a row: its title beside its first lane, further lanes below */
    LANE_HEIGHT = 22,
    FIRST_LANE = 18,
    MARK_DISTANCE = 9,
    NAME_BYTES = 32, /* that fit into the gutter */
};

/* The axis goes this many times beyond the last thing that happened, where a window is so long. */
static const int64_t BEYOND = 4;

/* The lanes of one row: the hosts in the order in which they were first tried. */
struct lanes {
    const char *hosts[LANES_MAX];
    size_t count;
};

static size_t lane_of(struct lanes *lanes, const char *host)
{
    for (size_t i = 0; i < lanes->count; i++)
        if (slice_is(slice_of(lanes->hosts[i]), host))
            return i;
    if (lanes->count == LANES_MAX)
        return LANES_MAX - 1;
    lanes->hosts[lanes->count] = host;
    return lanes->count++;
}

static void find_lanes(const struct report_run *run, const struct report_delivery *delivery,
                       struct lanes *lanes)
{
    lanes->count = 0;
    for (size_t i = 0; i < delivery->attempt_count; i++)
        lane_of(lanes, report_attempt_host(run, &delivery->attempts[i]));
    if (lanes->count == 0)
        lane_of(lanes, "");
}

static void draw_mark(struct html_page *page, const struct report_attempt *attempt, double x,
                      double y)
{
    struct buf *out = page->out;
    char point[TIME_TEXT_BYTES];
    const char *host = report_attempt_host(page->run, attempt);
    bool linked = attempt->session != 0 && html_session_shown(page, attempt->session - 1);
    if (linked)
        html_print(out, "<a href=\"#%s/session-%u\">", page->slug, attempt->session);
    html_print(out, "<use class=\"mark %s\" href=\"#m-%s\" x=\"%.1f\" y=\"%.1f\"><title>%s %s",
               html_outcome_word(attempt->outcome), html_outcome_word(attempt->outcome), x, y,
               report_time_point(attempt->at_us, point), html_outcome_word(attempt->outcome));
    if (*host != '\0')
        html_print(out, " by %s", host);
    if (attempt->code != 0)
        html_print(out, ": %d", attempt->code);
    buf_add_char(out, ' ');
    html_cut(out, slice_of(attempt->text), 160);
    buf_add_text(out, linked ? "</title></use></a>\n" : "</title></use>\n");
}

static const char *end_words(const struct report_delivery *delivery)
{
    switch (delivery->end) {
    case REPORT_DELIVERED:
        return delivery->copies > 1 ? "several copies" : "delivered";
    case REPORT_RETURNED:
        return "returned";
    case REPORT_REFUSED:
        return "refused";
    case REPORT_DELETED:
        return "deleted";
    case REPORT_QUEUED:
    default:
        return "still queued";
    }
}

static const char *end_class(const struct report_delivery *delivery)
{
    if (delivery->end == REPORT_DELIVERED)
        return delivery->copies > 1 ? "warn" : "pass";
    return delivery->end == REPORT_QUEUED ? "warn" : "plain";
}

static void draw_title(struct html_page *page, const struct report_delivery *delivery, double y)
{
    struct buf *out = page->out;
    char point[TIME_TEXT_BYTES];
    const char *id = page->run->messages[delivery->message].id;
    html_print(out, "<text class=\"row-title\" x=\"0\" y=\"%.1f\"><title>message %s to %s</title>",
               y + 15, id, delivery->recipient);
    html_cut(out, slice_of(delivery->recipient), NAME_BYTES);
    if (strlen(delivery->recipient) + strlen(id) < NAME_BYTES)
        html_print(out, "<tspan class=\"quiet\" dx=\"7\">%s</tspan>", id);
    html_print(out, "</text><text class=\"row-end %s\" x=\"%d\" y=\"%.1f\">%s", end_class(delivery),
               WIDTH, y + FIRST_LANE + 4, end_words(delivery));
    if (delivery->end_us >= 0)
        html_print(out, " %s", report_time_point(delivery->end_us, point));
    if (delivery->end == REPORT_REFUSED)
        html_print(out, "<title>%s</title>", page->run->messages[delivery->message].refusal);
    buf_add_text(out, "</text>\n");
}

static void draw_window(struct html_page *page, const struct svg_axis *axis,
                        const struct report_delivery *delivery, double y, double height)
{
    if (delivery->within_us < 0 || delivery->accepted_us < 0)
        return;
    char text[TIME_TEXT_BYTES];
    double from = svg_axis_x(axis, delivery->accepted_us);
    double to = svg_axis_x(axis, delivery->accepted_us + delivery->within_us);
    html_print(page->out,
               "<rect class=\"window\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
               "<title>expected within %s</title></rect>\n",
               from, y, to - from, height, report_time_text(delivery->within_us, text));
}

static double row_height(const struct report_run *run, const struct report_delivery *delivery)
{
    struct lanes lanes;
    find_lanes(run, delivery, &lanes);
    return ROW_MIN + LANE_HEIGHT * ((double)lanes.count - 1);
}

static double lane_y(double row_y, size_t lane)
{
    return row_y + FIRST_LANE + LANE_HEIGHT * (double)lane;
}

static void draw_lane(struct html_page *page, const char *host, size_t lane, double row_y)
{
    struct buf *out = page->out;
    double y = lane_y(row_y, lane);
    /* The first one's name stands below the title. */
    double name_y = lane == 0 ? row_y + 29 : y + 4;
    html_print(out,
               "<path class=\"lane\" d=\"M%d %.1fH%d\"/><text class=\"lane-name\" x=\"0\" "
               "y=\"%.1f\">",
               GUTTER, y, RIGHT, name_y);
    html_cut(out, slice_of(*host != '\0' ? host : "no host reached"), NAME_BYTES);
    buf_add_text(out, "</text>\n");
}

/* Two attempts at almost the same moment stand beside each other, but never far from their time. */
static double beside(double x, double last)
{
    if (x - last >= MARK_DISTANCE || last - x > MARK_DISTANCE)
        return x;
    return last + MARK_DISTANCE;
}

static void draw_row(struct html_page *page, const struct svg_axis *axis,
                     const struct report_delivery *delivery, double y)
{
    struct lanes lanes;
    find_lanes(page->run, delivery, &lanes);
    draw_title(page, delivery, y);
    draw_window(page, axis, delivery, y + FIRST_LANE - LANE_HEIGHT / 2.0,
                LANE_HEIGHT * (double)lanes.count);
    for (size_t i = 0; i < lanes.count; i++)
        draw_lane(page, lanes.hosts[i], i, y);
    double last[LANES_MAX] = {0};
    for (size_t i = 0; i < delivery->attempt_count && i < MARKS_MAX; i++) {
        const struct report_attempt *attempt = &delivery->attempts[i];
        size_t lane = lane_of(&lanes, report_attempt_host(page->run, attempt));
        double x = beside(svg_axis_x(axis, attempt->at_us), last[lane]);
        draw_mark(page, attempt, x, lane_y(y, lane));
        last[lane] = x;
    }
}

/* Which rows are worth the room: what did not arrive first, then what took most attempts. */
static int row_weight(const struct report_delivery *delivery)
{
    int weight = (int)(delivery->attempt_count < 100 ? delivery->attempt_count : 100);
    if (delivery->end != REPORT_DELIVERED)
        weight += 1000;
    if (delivery->copies > 1)
        weight += 500;
    return weight;
}

static bool is_chosen(const size_t *rows, size_t count, size_t row)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i] == row)
            return true;
    }
    return false;
}

/* The indices of the rows shown, in their own order. */
static size_t choose_rows(const struct report_run *run, size_t rows[ROWS_MAX])
{
    size_t most = run->delivery_count > ROWS_MAX ? ROWS_OF_MANY : ROWS_MAX;
    size_t count = 0;
    while (count < most && count < run->delivery_count) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < run->delivery_count; i++) {
            if (!is_chosen(rows, count, i) &&
                (best == SIZE_MAX ||
                 row_weight(&run->deliveries[i]) > row_weight(&run->deliveries[best])))
                best = i;
        }
        rows[count++] = best;
    }
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && rows[j] < rows[j - 1]; j--) {
            size_t held = rows[j];
            rows[j] = rows[j - 1];
            rows[j - 1] = held;
        }
    return count;
}

/* The last thing that happened in these rows, and the end of the longest window. */
static void find_ends(const struct report_run *run, const size_t *rows, size_t count,
                      int64_t *happened_us, int64_t *window_us)
{
    *happened_us = TIME_SECOND;
    *window_us = 0;
    for (size_t i = 0; i < count; i++) {
        const struct report_delivery *delivery = &run->deliveries[rows[i]];
        int64_t end_us = delivery->end == REPORT_QUEUED ? run->end_us : delivery->end_us;
        if (delivery->attempt_count > 0 &&
            delivery->attempts[delivery->attempt_count - 1].at_us > end_us)
            end_us = delivery->attempts[delivery->attempt_count - 1].at_us;
        if (end_us > *happened_us)
            *happened_us = end_us;
        if (delivery->within_us >= 0 && delivery->accepted_us + delivery->within_us > *window_us)
            *window_us = delivery->accepted_us + delivery->within_us;
    }
}

/* A window much longer than what happened is not drawn to its end: it would push all to the left.
 */
static int64_t last_moment(const struct report_run *run, const size_t *rows, size_t count)
{
    int64_t happened_us;
    int64_t window_us;
    find_ends(run, rows, count, &happened_us, &window_us);
    if (window_us > BEYOND * happened_us)
        window_us = BEYOND * happened_us;
    for (size_t i = 0; i < run->moment_count; i++)
        if (run->moments[i].at_us > happened_us)
            happened_us = run->moments[i].at_us;
    return window_us > happened_us ? window_us : happened_us;
}

static void legend(struct html_page *page)
{
    size_t used[REPORT_OUTCOME_COUNT] = {0};
    const struct report_run *run = page->run;
    bool windows = false;
    for (size_t i = 0; i < run->delivery_count; i++) {
        windows = windows || run->deliveries[i].within_us >= 0;
        for (size_t a = 0; a < run->deliveries[i].attempt_count; a++)
            used[run->deliveries[i].attempts[a].outcome]++;
    }
    buf_add_text(page->out, "<p class=\"legend\">");
    for (int i = 0; i < REPORT_OUTCOME_COUNT; i++) {
        const char *word = html_outcome_word((enum report_outcome)i);
        if (used[i] > 0)
            html_print(page->out,
                       "<span><svg width=\"16\" height=\"16\" viewBox=\"-8 -8 16 16\" "
                       "aria-hidden=\"true\"><use class=\"mark %s\" href=\"#m-%s\"/></svg>"
                       "%s <b>%zu</b></span>",
                       word, word, word, used[i]);
    }
    if (windows)
        buf_add_text(page->out, "<span><i class=\"window-key\"></i>expected window</span>");
    buf_add_text(page->out, "</p>\n");
}

static void attempts_table(struct html_page *page, const size_t *rows, size_t count)
{
    struct buf *out = page->out;
    const struct report_run *run = page->run;
    size_t shown = 0;
    html_print(out, "<details class=\"data\"><summary>The same as a table</summary>"
                    "<div class=\"scroll\"><table><caption "
                    "class=\"unseen\">Attempts</caption><thead><tr><th scope=\"col\">Message</th>"
                    "<th scope=\"col\">Recipient</th><th scope=\"col\">When</th>"
                    "<th scope=\"col\">Host</th><th scope=\"col\">Outcome</th>"
                    "<th scope=\"col\">Reply</th><th scope=\"col\">Session</th></tr></thead>"
                    "<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        const struct report_delivery *delivery = &run->deliveries[rows[i]];
        for (size_t a = 0; a < delivery->attempt_count && shown < TABLE_ROWS_MAX; a++, shown++) {
            const struct report_attempt *attempt = &delivery->attempts[a];
            html_print(out, "<tr><td>%s</td><td>%s</td><td>", run->messages[delivery->message].id,
                       delivery->recipient);
            html_time(page, attempt->at_us);
            html_print(out, "</td><td>%s</td><td>%s</td><td>", report_attempt_host(run, attempt),
                       html_outcome_word(attempt->outcome));
            if (attempt->code != 0)
                html_print(out, "%d ", attempt->code);
            html_cut(out, slice_of(attempt->text), 160);
            buf_add_text(out, "</td><td>");
            if (attempt->session != 0)
                html_session_link_at(page, attempt->session - 1);
            buf_add_text(out, "</td></tr>\n");
        }
    }
    buf_add_text(out, "</tbody></table></div>");
    html_cut_note(page, shown, run->attempts_seen, "attempts");
    buf_add_text(out, "</details>\n");
}

/* What the scenario did meanwhile: a dashed line with a number, and the words below the chart. */
static void draw_moments(struct html_page *page, const struct svg_axis *axis, double bottom)
{
    const struct report_run *run = page->run;
    double last = 0;
    for (size_t i = 0; i < run->moment_count; i++) {
        double x = svg_axis_x(axis, run->moments[i].at_us);
        double flag = i > 0 && x - last < FLAG_DISTANCE ? last + FLAG_DISTANCE : x;
        html_print(page->out,
                   "<path class=\"moment\" d=\"M%.1f %d V%.1f\"/><g class=\"flag\">"
                   "<title>%s</title><circle cx=\"%.1f\" cy=\"%d\" r=\"7.5\"/>"
                   "<text x=\"%.1f\" y=\"%d\">%zu</text></g>\n",
                   x, FLAGS_TOP + 8, bottom, run->moments[i].text, flag, FLAGS_TOP, flag,
                   FLAGS_TOP + 4, i + 1);
        last = flag;
    }
}

static void list_moments(struct html_page *page)
{
    const struct report_run *run = page->run;
    if (run->moment_count == 0)
        return;
    buf_add_text(page->out, "<ol class=\"moments\">");
    for (size_t i = 0; i < run->moment_count; i++) {
        buf_add_text(page->out, "<li>");
        html_time(page, run->moments[i].at_us);
        html_print(page->out, " %s</li>", run->moments[i].text);
    }
    buf_add_text(page->out, "</ol>\n");
}

void html_timeline(struct html_page *page)
{
    const struct report_run *run = page->run;
    struct buf *out = page->out;
    if (run->delivery_count == 0)
        return;
    size_t rows[ROWS_MAX];
    size_t count = choose_rows(run, rows);
    double top = run->moment_count > 0 ? TOP_WITH_FLAGS : TOP;
    double height = top;
    for (size_t i = 0; i < count; i++)
        height += row_height(run, &run->deliveries[rows[i]]);
    struct svg_axis axis;
    svg_axis_init(&axis, last_moment(run, rows, count), GUTTER + 8, RIGHT - 12);
    html_section_begin(page, "timeline", "Attempts over virtual time");
    legend(page);
    html_print(out,
               "<div class=\"scroll\"><svg class=\"chart timeline\" viewBox=\"0 0 %d %.0f\" "
               "role=\"group\" aria-label=\"Attempts of each message over virtual time; the table "
               "below says the same\">\n",
               WIDTH, height);
    svg_axis_draw(&axis, out, TOP, height - 4);
    draw_moments(page, &axis, height - 4);
    double y = top;
    for (size_t i = 0; i < count; i++) {
        draw_row(page, &axis, &run->deliveries[rows[i]], y);
        y += row_height(run, &run->deliveries[rows[i]]);
    }
    buf_add_text(out, "</svg></div>\n");
    list_moments(page);
    if (svg_axis_is_bent(&axis))
        buf_add_text(out,
                     "<p class=\"note\">The axis is compressed to the right, so that the first "
                     "minutes and the last days are both readable.</p>\n");
    html_cut_note(page, count, run->delivery_count,
                  "recipients (those that did not arrive, then those with most attempts)");
    attempts_table(page, rows, count);
    html_section_end(page);
}
