/*
 * The injector: a thread of PID 1 that hears of every execve() of the world and puts the shim into
 * the fresh program before its first instruction. Being a thread of PID 1, no signal of the world
 * can end it. Its ptrace lasts for one stop; then the program is on its own.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "mta-under-test/base/err.h"
#include "sim/clock/clock_lock.h"
#include "sim/clock/clock_memory.h"

struct clock_injector {
    pthread_t thread;
    int listener;
    const struct clock_memory *memory;
    bool sealed;
    int priority;    /* of SCHED_FIFO; 0 = leave it */
    _Atomic int tid; /* 0 until it runs */
    /* Held while a task is traced. waitpid() for all children, in any thread of PID 1, would take
     * the stops of those that are traced: so it is called only with the lock. The controller has
     * the lower priority and may hold it: it inherits the injector's then. */
    struct clock_lock tracing;
    pid_t first;               /* the world's first program */
    _Atomic bool first_reaped; /* it was killed while it was traced, and reaped here */
    _Atomic int first_status;
    _Atomic bool active; /* has an execve() in hand: the world does not rest */
    _Atomic bool failed; /* the world cannot go on; `err` says why */
    struct err err;
};

/* Starts the thread and waits until it runs. Takes the listener over. */
int clock_injector_start(struct clock_injector *injector, struct err *err) MUST_CHECK;
