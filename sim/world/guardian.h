/*
 * A small process beside each world that ends it when the runner ends, however that happens.
 *
 * The parent-death signal of PID 1 does so too, but only when PID 1 gets the CPU: under the virtual
 * clock it ranks below the programs of its world, so that one that spins could keep it from dying.
 * The guardian first lifts it up, then kills it.
 */
#pragma once

#include <sys/types.h>

#include "mta-under-test/base/err.h"

struct guardian_options {
    pid_t init;   /* PID 1 of the world, as seen from here */
    int pid_fd;   /* refers to it */
    int lifeline; /* reading end of a pipe whose other end only the runner has */
};

/* Starts it in a session of its own; its process id, or -1. It ends when the world has ended. */
pid_t guardian_start(const struct guardian_options *options, struct err *err) MUST_CHECK;

/* Kills PID 1 of a world, which must be referred to by `pid_fd`, even if it is kept from running.
 */
void guardian_kill(pid_t init, int pid_fd);
