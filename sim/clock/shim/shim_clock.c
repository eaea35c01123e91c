#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <sys/sysinfo.h>

enum { NS_PER_US = 1000, TICKS_PER_S = 100 };

/* Seconds behind which a time is as good as none. */
#define FAR_S ((int64_t)(CLOCK_DEADLINE_MAX_NS / CLOCK_NS_PER_S))

/* Sets of clocks as bits, since every read of the time asks. */
enum {
    CLOCKS = 12,
    MONOTONIC_CLOCKS = 1 << CLOCK_MONOTONIC | 1 << CLOCK_MONOTONIC_RAW |
                       1 << CLOCK_MONOTONIC_COARSE | 1 << CLOCK_BOOTTIME |
                       1 << CLOCK_BOOTTIME_ALARM,
    VIRTUAL_CLOCKS = MONOTONIC_CLOCKS | 1 << CLOCK_REALTIME | 1 << CLOCK_REALTIME_COARSE |
                     1 << CLOCK_REALTIME_ALARM | 1 << CLOCK_TAI,
};

static inline bool clock_in(long clock, unsigned set)
{
    return (unsigned long)clock < CLOCKS && (set >> clock & 1) != 0;
}

bool shim_clock_is_monotonic(long clock)
{
    return clock_in(clock, MONOTONIC_CLOCKS);
}

bool shim_clock_is_virtual(long clock)
{
    return clock_in(clock, VIRTUAL_CLOCKS);
}

bool shim_timespec_valid(const struct timespec *time)
{
    return time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < (long)CLOCK_NS_PER_S;
}

uint64_t shim_timespec_ns(const struct timespec *time)
{
    if (time->tv_sec >= FAR_S)
        return CLOCK_DEADLINE_MAX_NS;
    return (uint64_t)time->tv_sec * CLOCK_NS_PER_S + (uint64_t)time->tv_nsec;
}

struct timespec shim_ns_timespec(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / CLOCK_NS_PER_S), (long)(ns % CLOCK_NS_PER_S)};
}

struct timeval shim_ns_timeval(uint64_t ns)
{
    return (struct timeval){(time_t)(ns / CLOCK_NS_PER_S),
                            (suseconds_t)(ns % CLOCK_NS_PER_S / NS_PER_US)};
}

static uint64_t sum_cut(uint64_t a, uint64_t b)
{
    return a >= CLOCK_DEADLINE_MAX_NS || b >= CLOCK_DEADLINE_MAX_NS - a ? CLOCK_DEADLINE_MAX_NS
                                                                        : a + b;
}

uint64_t shim_deadline_after(uint64_t ns)
{
    return sum_cut(shim_now(), ns);
}

uint64_t shim_deadline_at(long clock, uint64_t ns)
{
    return shim_clock_is_monotonic(clock) ? sum_cut(ns, shim_page.monotonic_ns) : ns;
}

uint64_t shim_left(uint64_t deadline_ns)
{
    uint64_t now = shim_now();
    return deadline_ns > now ? deadline_ns - now : 0;
}

static uint64_t clock_read(long clock)
{
    uint64_t now = shim_now();
    return clock_in(clock, MONOTONIC_CLOCKS) ? now - shim_page.monotonic_ns : now;
}

int shim_clock_gettime(clockid_t clock, struct timespec *out)
{
    if (!clock_in(clock, VIRTUAL_CLOCKS))
        return (int)SHIM_CALL(SYS_clock_gettime, clock, (long)out);
    *out = shim_ns_timespec(clock_read(clock));
    return 0;
}

int shim_gettimeofday(struct timeval *out, void *zone)
{
    if (out != NULL)
        *out = shim_ns_timeval(shim_now());
    if (zone != NULL)
        memset(zone, 0, sizeof(struct timezone));
    return 0;
}

time_t shim_time(time_t *out)
{
    time_t now = (time_t)(shim_now() / CLOCK_NS_PER_S);
    if (out != NULL)
        *out = now;
    return now;
}

long shim_sys_clock_gettime(const long *args)
{
    if (!shim_clock_is_virtual(args[0]))
        return SHIM_CALL(SYS_clock_gettime, args[0], args[1], 0, 0, 0, CLOCK_PASS);
    struct timespec now = shim_ns_timespec(clock_read(args[0]));
    return shim_put(args[1], &now, sizeof now) ? 0 : -EFAULT;
}

long shim_sys_gettimeofday(const long *args)
{
    struct timeval now = shim_ns_timeval(shim_now());
    struct timezone zone = {0, 0};
    if (args[0] != 0 && !shim_put(args[0], &now, sizeof now))
        return -EFAULT;
    if (args[1] != 0 && !shim_put(args[1], &zone, sizeof zone))
        return -EFAULT;
    return 0;
}

long shim_sys_time(const long *args)
{
    time_t now = shim_time(NULL);
    if (args[0] != 0 && !shim_put(args[0], &now, sizeof now))
        return -EFAULT;
    return now;
}

long shim_sys_times(const long *args)
{
    long result = SHIM_CALL(SYS_times, args[0], 0, 0, 0, 0, CLOCK_PASS);
    if (result == -EFAULT)
        return result;
    return (long)(clock_read(CLOCK_MONOTONIC) / (CLOCK_NS_PER_S / TICKS_PER_S));
}

long shim_sys_sysinfo(const long *args)
{
    long result = SHIM_CALL(SYS_sysinfo, args[0], 0, 0, 0, 0, CLOCK_PASS);
    if (result == 0) {
        struct sysinfo *info = shim_pointer(args[0]);
        info->uptime = (long)(clock_read(CLOCK_MONOTONIC) / CLOCK_NS_PER_S);
    }
    return result;
}
