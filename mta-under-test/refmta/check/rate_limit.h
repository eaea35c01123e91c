/*
 * How much somebody may do in a time: so many at once, and then one whenever its share of the time
 * is over (a leaky bucket). What is refused is not counted. No I/O.
 */
#pragma once

#include "mta-under-test/base/recent.h"

struct rate_limit {
    struct recent busy_until; /* of each key: when all that it did has leaked away */
};

void rate_limit_init(struct rate_limit *limit);
void rate_limit_deinit(struct rate_limit *limit);

/* Counts one more for the key; false, and nothing counted, if that is above `count` in `span_us`.
 * `key` is any bytes that stand for who, and for which rule it is. */
bool rate_limit_take(struct rate_limit *limit, struct slice key, unsigned count, int64_t span_us,
                     int64_t now_us);
