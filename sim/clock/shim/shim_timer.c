#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <sys/timerfd.h>

enum { NS_PER_US = 1000, US_PER_S = 1000000 };

/* An absolute time of a timerfd above this is a date, below it is time since the start of the
 * machine: the file descriptor does not say which clock it was made for. */
#define DATE_MIN_NS (1000000000ull * CLOCK_NS_PER_S)

struct timer_value {
    uint64_t left_ns; /* 0 = not armed */
    uint64_t interval_ns;
};

static uint32_t own_slot(enum clock_slot_kind kind, long number)
{
    uint32_t pid = (uint32_t)SHIM_CALL(SYS_getpid, 0);
    return shim_slot_take(clock_slot_id(kind, pid, (uint32_t)number));
}

/* An armed timer has something left: it fires when the world rests, not earlier. */
static struct timer_value slot_value(uint32_t slot)
{
    uint64_t deadline = atomic_load(&shim_page.deadlines_ns[slot]);
    uint64_t left = shim_left(deadline);
    return (struct timer_value){deadline != 0 && left == 0 ? 1 : left,
                                atomic_load(&shim_page.slots[slot].interval_ns)};
}

static void slot_arm(uint32_t slot, uint64_t deadline_ns, uint64_t interval_ns)
{
    atomic_store(&shim_page.deadlines_ns[slot], 0);
    atomic_store(&shim_page.slots[slot].interval_ns, interval_ns);
    atomic_store(&shim_page.deadlines_ns[slot], deadline_ns);
}

long shim_sys_alarm(const long *args)
{
    uint32_t slot = own_slot(CLOCK_SLOT_ITIMER, 0);
    struct timer_value old = slot_value(slot);
    uint64_t ns = (uint64_t)(uint32_t)args[0] * CLOCK_NS_PER_S;
    slot_arm(slot, ns != 0 ? shim_deadline_after(ns) : 0, 0);
    return (long)((old.left_ns + CLOCK_NS_PER_S - 1) / CLOCK_NS_PER_S);
}

static bool timeval_valid(const struct timeval *time)
{
    return time->tv_sec >= 0 && time->tv_usec >= 0 && time->tv_usec < US_PER_S;
}

static uint64_t timeval_ns(const struct timeval *time)
{
    struct timespec precise = {time->tv_sec, time->tv_usec * NS_PER_US};
    return shim_timespec_ns(&precise);
}

/* As the kernel: what is left of an armed timer is never told as 0. */
static struct itimerval itimer_value(struct timer_value value)
{
    if (value.left_ns != 0 && value.left_ns < NS_PER_US)
        value.left_ns = NS_PER_US;
    return (struct itimerval){shim_ns_timeval(value.interval_ns), shim_ns_timeval(value.left_ns)};
}

/* The filter lets the timers of CPU time through. */
long shim_sys_setitimer(const long *args)
{
    struct itimerval new = {{0, 0}, {0, 0}};
    if (args[1] != 0 && !shim_get(&new, args[1], sizeof new))
        return -EFAULT;
    if (!timeval_valid(&new.it_value) || !timeval_valid(&new.it_interval))
        return -EINVAL;
    uint32_t slot = own_slot(CLOCK_SLOT_ITIMER, 0);
    struct itimerval old = itimer_value(slot_value(slot));
    uint64_t ns = timeval_ns(&new.it_value);
    slot_arm(slot, ns != 0 ? shim_deadline_after(ns) : 0, timeval_ns(&new.it_interval));
    return args[2] != 0 && !shim_put(args[2], &old, sizeof old) ? -EFAULT : 0;
}

long shim_sys_getitimer(const long *args)
{
    struct itimerval now = itimer_value(slot_value(own_slot(CLOCK_SLOT_ITIMER, 0)));
    return shim_put(args[1], &now, sizeof now) ? 0 : -EFAULT;
}

static struct itimerspec timerfd_value(struct timer_value value)
{
    return (struct itimerspec){shim_ns_timespec(value.interval_ns),
                               shim_ns_timespec(value.left_ns)};
}

long shim_sys_timerfd_settime(const long *args)
{
    struct itimerspec new, none = {{0, 0}, {0, 0}};
    if (!shim_get(&new, args[2], sizeof new))
        return -EFAULT;
    if (!shim_timespec_valid(&new.it_value) || !shim_timespec_valid(&new.it_interval))
        return -EINVAL;
    /* Disarmed in the kernel, which also checks the descriptor and forgets old expirations. */
    long result = SHIM_CALL(SYS_timerfd_settime, args[0], 0, (long)&none, 0, CLOCK_PASS);
    if (result < 0)
        return result;
    uint32_t slot = own_slot(CLOCK_SLOT_TIMERFD, args[0]);
    struct itimerspec old = timerfd_value(slot_value(slot));
    uint64_t ns = shim_timespec_ns(&new.it_value), deadline = 0;
    if (ns != 0 && (args[1] & TFD_TIMER_ABSTIME) != 0)
        deadline = shim_deadline_at(ns >= DATE_MIN_NS ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
    else if (ns != 0)
        deadline = shim_deadline_after(ns);
    slot_arm(slot, deadline, shim_timespec_ns(&new.it_interval));
    return args[3] != 0 && !shim_put(args[3], &old, sizeof old) ? -EFAULT : 0;
}

long shim_sys_timerfd_gettime(const long *args)
{
    struct itimerspec now;
    /* The kernel checks the descriptor. */
    long result = SHIM_CALL(SYS_timerfd_gettime, args[0], (long)&now, 0, 0, CLOCK_PASS);
    if (result < 0)
        return result;
    now = timerfd_value(slot_value(own_slot(CLOCK_SLOT_TIMERFD, args[0])));
    return shim_put(args[1], &now, sizeof now) ? 0 : -EFAULT;
}
