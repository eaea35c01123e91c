/*
 * Counts durations in buckets, as Prometheus wants them: a bucket counts what was not longer than
 * its bound.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 16 };

/* The caller's storage; all zero is an empty one. */
struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* the last: longer than every bound */
    uint64_t total;
    int64_t sum_us;
};

/* From 1 ms to 5 days: what a reply takes, and what a delivery takes. */
extern const int64_t HISTOGRAM_BOUNDS_US[HISTOGRAM_BOUNDS];

void histogram_add(struct histogram *histogram, int64_t span_us);
