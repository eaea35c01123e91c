/* The controller: PID 1's main thread, which reaps the world's dead and lets time jump. */
#pragma once

#include "sim/clock/clock.h"
#include "sim/clock/clock_idle.h"
#include "sim/clock/clock_memory.h"
#include "sim/clock/clock_shortcut.h"

struct clock_controller {
    const struct clock_options *options;
    pid_t first; /* the world's first program */
    struct clock_memory *memory;
    struct clock_injector *injector;
    struct clock_idle *idle;
    struct clock_shortcuts shortcuts;
    struct clock_result *result;
};

/* Runs until the world is over, in virtual time. */
int clock_controller_run(struct clock_controller *controller, struct err *err) MUST_CHECK;

/* The same in real time: reaps, and ends at the limit. No memory, injector or idle. */
int clock_controller_run_real(struct clock_controller *controller, struct err *err) MUST_CHECK;
