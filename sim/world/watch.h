/*
 * Watches a world from outside, in real time: in virtual time a program that spins on the clock
 * keeps the whole world at one moment for ever, and nothing inside could end that.
 */
#pragma once

#include "sim/clock/clock.h"

/* How long the world may stay at one moment of virtual time. A long computation is no harm, so this
 * is generous: on a slow machine, under a sanitizer, with other work beside. */
#define WATCH_STUCK_US (120 * INT64_C(1000000))

/* The caller's storage. */
struct watch {
    int64_t virtual_us; /* as last seen */
    uint64_t jumps;
    int64_t since_us; /* real time at which that was first seen */
};

void watch_init(struct watch *watch, int64_t now_us);

/* Looks at the progress; true if nothing has moved for `stuck_us`. `now_us` is the real time. */
bool watch_is_stuck(struct watch *watch, const struct clock_progress *progress, int64_t now_us,
                    int64_t stuck_us);

/* Appends "NAME (process PID)" of a task of the world, by its number inside: `init` is the world's
 * PID 1 as it is seen from here. */
void watch_describe_task(pid_t init, pid_t inside, struct buf *out);
