/*
 * Watches a world from outside, in real time: in virtual time a program that spins on the clock
 * keeps the whole world at one moment for ever, and nothing inside could end that.
 */
#pragma once

#include "sim/clock/clock.h"

/* How long the world may stay at one moment of virtual time, if it has the CPU for at least half of
 * that; and how long if it has not, because other work of the machine keeps it waiting. A long
 * computation is no harm, so both are generous. */
#define WATCH_STUCK_US (120 * INT64_C(1000000))
#define WATCH_STARVED_US (900 * INT64_C(1000000))

/* The caller's storage. */
struct watch {
    int64_t virtual_us; /* as last seen */
    uint64_t jumps;
    int64_t since_us; /* real time at which that was first seen */
    int64_t cpu_us;   /* CPU time that the world had used by then */
};

void watch_init(struct watch *watch, int64_t now_us);

/* Looks at the progress; true if nothing has moved for too long. `now_us` is the real time,
 * `cpu_us` the CPU time that the world has used. */
bool watch_is_stuck(struct watch *watch, const struct clock_progress *progress, int64_t now_us,
                    int64_t cpu_us);

/* The CPU time of all processes of the world so far, those that have ended included, in
 * microseconds. `init` is the world's PID 1 as it is seen from here. */
int64_t watch_cpu_us(pid_t init);

/* Appends "NAME (process PID of the world)" of a task, by its number inside. */
void watch_describe_task(pid_t init, pid_t inside, struct buf *out);
