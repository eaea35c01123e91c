/*
 * The guard: a thread of PID 1 above all ranks that sees whether the controller still gets the CPU.
 * A world that spins would starve it, since its rank is below the world's; then nobody could even
 * kill PID 1. So after a while the guard lifts the controller above the world. From then until the
 * world rests again, the controller's running proves nothing: clock_idle.c looks more closely.
 *
 * If the world does not rest for longer, the guard has its tasks take turns, until it does.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "mta-under-test/base/err.h"

struct clock_guard {
    pthread_t thread;
    pid_t controller;       /* its thread */
    int rank;               /* of the guard, and of a lifted controller */
    int low_rank;           /* of the controller otherwise */
    int world_rank;         /* of all programs of the world */
    _Atomic unsigned beats; /* the controller was there */
    _Atomic bool lifted;
    _Atomic bool in_turns;
};

int clock_guard_start(struct clock_guard *guard, struct err *err) MUST_CHECK;

/* The world rests: the controller goes back to its low rank, the tasks of the world run in order
 * again. Called by the controller. */
void clock_guard_lower(struct clock_guard *guard);
