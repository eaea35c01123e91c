/*
 * May time jump? The decision on which everything rests: a jump while something is still under way
 * would let time limits run out that never would in reality. The argument why it is sound stands in
 * clock_idle.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/clock/clock_guard.h"
#include "sim/clock/clock_injector.h"
#include "sim/clock/clock_tasks.h"

struct clock_idle {
    struct clock_tasks tasks;
    const struct clock_injector *injector;
    int cpu;
    struct clock_guard *guard; /* NULL without ranks */
    int drain_socket;          /* for letting the kernel do its pending work of the network */
    int softnet_fd;            /* /proc/net/softnet_stat; -1 = there is none */
    uint64_t vfork_key;        /* tells which tasks were found waiting in vfork(), and since when */
    int64_t vfork_since_us;
    pid_t busy_task; /* what was found busy last; 0 = it was not a task */
    char busy_state;
};

/* `guard` is NULL if there are no ranks. */
int clock_idle_init(struct clock_idle *idle, const struct clock_injector *injector, int cpu,
                    struct clock_guard *guard, struct err *err) MUST_CHECK;
void clock_idle_deinit(struct clock_idle *idle);

/* True if nothing in the world can go on before time does. */
bool clock_idle_now(struct clock_idle *idle);
