/*
 * A time axis for the charts. Short runs are drawn evenly; long ones with a power scale, so that
 * the first five minutes and the fifth day are both readable.
 */
#pragma once

#include "mta-under-test/base/buf.h"

struct svg_axis {
    int64_t end_us;
    double left; /* x of 0 and of the end */
    double right;
    double power;
};

void svg_axis_init(struct svg_axis *axis, int64_t end_us, double left, double right);
double svg_axis_x(const struct svg_axis *axis, int64_t at_us);
/* True if later times stand closer together. */
bool svg_axis_is_bent(const struct svg_axis *axis);
/* Grid lines from `top` to `bottom` with their times above; and the cursor of the replay, which
 * the page's script moves by the facts that stand with it. */
void svg_axis_draw(const struct svg_axis *axis, struct buf *out, double top, double bottom);
