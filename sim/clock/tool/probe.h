/*
 * The probe: a small program, built without sanitizers, dynamic and static, that the tests run
 * inside a world. `clock_probe NAME` does one experiment and ends with 0 if all was as it should
 * be; else it says what was not, on standard error.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct probe {
    const char *name;
    void (*run)(void);
};

extern const struct probe probe_waits[], probe_timers[], probe_signals[], probe_processes[],
    probe_worlds[], probe_shortcuts[];

/* The probe's own path, for starting itself again, and further arguments. */
extern const char *probe_self;
extern char **probe_args;

/* Says what was not so, and ends the probe. */
_Noreturn void probe_fail(const char *file, int line, const char *condition);

#define EXPECT(condition) ((condition) ? (void)0 : probe_fail(__FILE__, __LINE__, #condition))

/* Microseconds of a clock. */
int64_t probe_now_us(clockid_t clock);

/* Expects that what comes took this much virtual time: `long long` seconds of both clocks. */
#define EXPECT_SECONDS(seconds, ...)                                    \
    do {                                                                \
        int64_t realtime_ = probe_now_us(CLOCK_REALTIME);               \
        int64_t monotonic_ = probe_now_us(CLOCK_MONOTONIC);             \
        __VA_ARGS__;                                                    \
        realtime_ = probe_now_us(CLOCK_REALTIME) - realtime_;           \
        monotonic_ = probe_now_us(CLOCK_MONOTONIC) - monotonic_;        \
        EXPECT(probe_near(realtime_, (int64_t)((seconds)*1000000.0)));  \
        EXPECT(probe_near(monotonic_, (int64_t)((seconds)*1000000.0))); \
    } while (0)

/* Equal but for rounding. */
bool probe_near(int64_t us, int64_t expected_us);

/* Waits for a child; its exit code, or 128 + signal. */
int probe_wait(int pid);
