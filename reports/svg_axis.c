#include "reports/svg_axis.h"

#include <inttypes.h>
#include <math.h>

#include "reports/html_out.h"
#include "reports/report_time.h"

#include "mta-under-test/base/poison.h"

static const int64_t EVEN_UP_TO_US = 5 * TIME_MINUTE;
static const double POWER = 0.4;
static const double TICK_DISTANCE = 52;

static const int64_t TICKS_US[] = {
    10 * TIME_MS,     50 * TIME_MS,    100 * TIME_MS,    500 * TIME_MS,    TIME_SECOND,
    2 * TIME_SECOND,  5 * TIME_SECOND, 10 * TIME_SECOND, 20 * TIME_SECOND, 30 * TIME_SECOND,
    TIME_MINUTE,      2 * TIME_MINUTE, 5 * TIME_MINUTE,  10 * TIME_MINUTE, 15 * TIME_MINUTE,
    30 * TIME_MINUTE, TIME_HOUR,       2 * TIME_HOUR,    4 * TIME_HOUR,    8 * TIME_HOUR,
    12 * TIME_HOUR,   TIME_DAY,        2 * TIME_DAY,     3 * TIME_DAY,     4 * TIME_DAY,
    5 * TIME_DAY,     6 * TIME_DAY,    7 * TIME_DAY,     10 * TIME_DAY,    14 * TIME_DAY,
    21 * TIME_DAY,    30 * TIME_DAY,   60 * TIME_DAY,
};

void svg_axis_init(struct svg_axis *axis, int64_t end_us, double left, double right)
{
    *axis = (struct svg_axis){
        .end_us = end_us > 0 ? end_us : TIME_SECOND,
        .left = left,
        .right = right,
        .power = end_us > EVEN_UP_TO_US ? POWER : 1,
    };
}

double svg_axis_x(const struct svg_axis *axis, int64_t at_us)
{
    double share = (double)(at_us > 0 ? at_us : 0) / (double)axis->end_us;
    if (share > 1)
        share = 1;
    return axis->left + (axis->right - axis->left) * pow(share, axis->power);
}

bool svg_axis_is_bent(const struct svg_axis *axis)
{
    return axis->power < 1;
}

static void draw_tick(const struct svg_axis *axis, struct buf *out, int64_t at_us, double top,
                      double bottom)
{
    char text[TIME_TEXT_BYTES];
    double x = svg_axis_x(axis, at_us);
    html_print(out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", x, top, bottom);
    html_print(out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x, top - 9,
               at_us == 0 ? "start" : report_time_text(at_us, text));
}

void svg_axis_draw(const struct svg_axis *axis, struct buf *out, double top, double bottom)
{
    double last = svg_axis_x(axis, 0);
    draw_tick(axis, out, 0, top, bottom);
    for (size_t i = 0; i < sizeof TICKS_US / sizeof TICKS_US[0]; i++) {
        double x = svg_axis_x(axis, TICKS_US[i]);
        if (TICKS_US[i] > axis->end_us)
            break;
        if (x - last < TICK_DISTANCE)
            continue;
        draw_tick(axis, out, TICKS_US[i], top, bottom);
        last = x;
    }
    html_print(out,
               "<path class=\"cursor\" d=\"\" data-end=\"%" PRId64
               "\" data-left=\"%.1f\" data-right=\"%.1f\" data-power=\"%.2f\" "
               "data-span=\"%.1f %.1f\"/>\n",
               axis->end_us, axis->left, axis->right, axis->power, top, bottom);
}
