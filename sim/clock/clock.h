/*
 * The virtual clock: runs a program and everything that it starts in virtual time. While any of
 * them computes, time stands still; when none of them can go on, time jumps to the earliest moment
 * that one of them waits for. The programs need not know of it: static, dynamic, setuid, chrooted
 * ones are all the same, since their system calls are met, not their libraries.
 *
 * The caller is PID 1 of a pid namespace of its own, with that namespace's /proc mounted on /proc.
 * Everything in the namespace is "the world" and shares one clock and one CPU.
 *
 * Not virtual: CPU-time clocks, the kernel's own TCP timers, io_uring timeouts, /proc/uptime,
 * 32-bit programs (they are ended with a message), and programs that install a handler for SIGSYS.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

/* What the controller tells a watchdog outside: the runner maps it MAP_SHARED, zeroed, before it
 * makes the world. A world that spins on the clock shows as `jumps` that stand still while
 * `heartbeat` grows and `busy_task` is not 0 (the controller comes to look after half a second at
 * the latest). A world that rests for ever needs no watchdog: clock_run() returns. */
struct clock_progress {
    _Atomic int64_t virtual_us; /* virtual CLOCK_REALTIME since 1970 */
    _Atomic uint64_t jumps;
    _Atomic uint64_t heartbeat; /* grows whenever the controller had the CPU */
    _Atomic int32_t busy_task;  /* the task that kept the world from resting at the last look, its
                                   number in the world; 0 = it rested, or it was not a task */
};

struct clock_options {
    int64_t start_us;  /* virtual CLOCK_REALTIME at the start, microseconds since 1970 */
    int64_t limit_us;  /* virtual span after which the world ends */
    uint64_t seed;     /* of getrandom() and of what the kernel gives a program as random bytes */
    int cpu;           /* the CPU of the world; -1 = choose among those that this process may use */
    unsigned slot;     /* spreads worlds that run side by side over the CPUs when `cpu` is -1 */
    bool virtual_time; /* false: only start, reap, and end at the limit, in real time */
    struct clock_progress *progress; /* or NULL */
};

enum clock_end {
    CLOCK_END_EXITED, /* the first program ended */
    CLOCK_END_LIMIT,  /* the virtual span is over */
    CLOCK_END_IDLE,   /* nothing in the world waits for any time, and nothing else wakes it */
};

struct clock_result {
    enum clock_end end;
    int status;         /* of waitpid() for the first program; -1 if it did not end */
    int64_t virtual_us; /* virtual CLOCK_REALTIME at the end, since 1970 */
    uint64_t jumps;
};

/* Runs argv (argv[0] looked up in PATH, environment inherited) as the world's first program and
 * returns when it has ended or the world is over. What else lives in the namespace then is still
 * there: the caller exits and the kernel ends it. -1 with `err` if the world could not be started
 * or the clock failed. To be called once in a process that has no other threads. */
int clock_run(const struct clock_options *options, char *const argv[], struct clock_result *result,
              struct err *err) MUST_CHECK;

/* 0 if this machine can give virtual time; else -1 with what its kernel or its policy lacks and
 * how to get it. Needs no namespace and changes nothing. */
int clock_supported(struct err *err) MUST_CHECK;

/* Adds one line for each task that /proc shows (PID 1 left out): pid, name, state, and the system
 * call in which it waits. For messages about a world that does not go on. */
void clock_describe(struct buf *out);
