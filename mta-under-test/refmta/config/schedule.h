/*
 * The retry schedule: how long to wait after the n-th failed attempt. As text: waits with commas
 * between them, then optionally "then every SPAN", which goes on without end:
 *
 *     5m, 15m, 30m, then every 1h
 *
 * Without it the last wait goes on.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"

enum { SCHEDULE_STEPS_MAX = 32 };

struct schedule {
    int64_t steps_us[SCHEDULE_STEPS_MAX]; /* the last one repeats */
    unsigned count;
};

/* -1 with a text; each wait is at least one second. */
int schedule_from_text(struct slice text, struct schedule *schedule, struct err *err) MUST_CHECK;

/* The wait after failed attempt number `attempts` (from 1). */
int64_t schedule_wait_us(const struct schedule *schedule, unsigned attempts);
