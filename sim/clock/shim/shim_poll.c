#include "sim/clock/shim/shim.h"

#include <errno.h>

enum { NS_PER_MS = 1000000, NS_PER_US = 1000, SET_BYTES = 8, SELECT_BITS_MAX = 65536 };

/* In the upper half of an argument of 32 bits, which the kernel does not look at. */
static long marked(long value)
{
    return (long)((uint64_t)(uint32_t)value | (uint64_t)CLOCK_PASS << 32);
}

static const struct timespec at_once = {0, 0};

/*
 * When the time is over the kernel looks once more at what is ready before it says so, and so does
 * this: a task that could not run meanwhile (it was stopped) learns of what came in time. `time` is
 * the argument with the time limit, `now` what makes the call return at once.
 */
static long look_again(struct shim_call *call, int time, long now)
{
    call->args[time] = now;
    long result = shim_call(call);
    return result == -EINTR ? 0 : result;
}

/* The wait of a call that tells "time is over" by 0; `ns` from now. */
static long wait_or_zero(uint64_t ns, struct shim_call *call, int time, long now)
{
    long result;
    return shim_wait(shim_deadline_after(ns), call, &result) ? look_again(call, time, now) : result;
}

static uint64_t ms_ns(long ms)
{
    return (uint64_t)(uint32_t)ms * NS_PER_MS;
}

/* The filter lets a poll with no time or with time without end through: args[2] is above 0. */
long shim_sys_poll(const long *args)
{
    struct shim_call call = {SYS_ppoll, {args[0], args[1], 0, 0, SET_BYTES, CLOCK_PASS}};
    return wait_or_zero(ms_ns(args[2]), &call, 2, (long)&at_once);
}

long shim_sys_epoll_wait(const long *args)
{
    struct shim_call call = {SYS_epoll_wait, {args[0], args[1], args[2], -1}};
    return wait_or_zero(ms_ns(args[3]), &call, 3, 0);
}

/* epoll_pwait with a set of signals; the time in ns, or -1 = without end. */
static long epoll_with_signals(const long *args, long set, int64_t ns)
{
    uint64_t copy;
    long address;
    if (!shim_signal_set(set, &copy, &address))
        return -EFAULT;
    struct shim_call call = {SYS_epoll_pwait,
                             {args[0], args[1], args[2], marked(-1), address, SET_BYTES}};
    if (ns > 0)
        return wait_or_zero((uint64_t)ns, &call, 3, marked(0));
    call.args[3] = marked(ns < 0 ? -1 : 0);
    return shim_call(&call);
}

long shim_sys_epoll_pwait(const long *args)
{
    if (args[4] != 0 && args[5] != SET_BYTES)
        return -EINVAL;
    int32_t ms = (int32_t)args[3];
    return epoll_with_signals(args, args[4], ms < 0 ? -1 : (int64_t)ms_ns(ms));
}

long shim_sys_epoll_pwait2(const long *args)
{
    if (args[4] != 0 && args[5] != SET_BYTES)
        return -EINVAL;
    if (args[3] == 0)
        return epoll_with_signals(args, args[4], -1);
    struct timespec time;
    if (!shim_get(&time, args[3], sizeof time))
        return -EFAULT;
    if (!shim_timespec_valid(&time))
        return -EINVAL;
    return epoll_with_signals(args, args[4], (int64_t)shim_timespec_ns(&time));
}

long shim_sys_ppoll(const long *args)
{
    struct timespec time = {0, 0};
    uint64_t copy;
    long address;
    if (args[2] != 0 && !shim_get(&time, args[2], sizeof time))
        return -EFAULT;
    if (!shim_timespec_valid(&time) || (args[3] != 0 && args[4] != SET_BYTES))
        return -EINVAL;
    if (!shim_signal_set(args[3], &copy, &address))
        return -EFAULT;
    struct shim_call call = {SYS_ppoll, {args[0], args[1], 0, address, SET_BYTES, CLOCK_PASS}};
    uint64_t ns = shim_timespec_ns(&time);
    if (args[2] == 0)
        return shim_call(&call);
    if (ns == 0) {
        call.args[2] = (long)&time;
        return shim_call(&call);
    }
    uint64_t deadline = shim_deadline_after(ns);
    long result;
    bool over = shim_wait(deadline, &call, &result);
    time = shim_ns_timespec(shim_left(deadline));
    shim_put(args[2], &time, sizeof time); /* as the kernel: no error if it cannot be told */
    return over ? look_again(&call, 2, (long)&at_once) : result;
}

/* As select() leaves the sets when nothing is ready. The kernel has read them, so they are good; it
 * looks at no more descriptors than the process has room for. */
static void select_clear(const long *args)
{
    long bits = args[0] < SELECT_BITS_MAX ? args[0] : SELECT_BITS_MAX;
    size_t bytes = (size_t)(bits + 63) / 64 * 8;
    for (int i = 1; i <= 3; i++)
        if (args[i] != 0)
            memset(shim_pointer(args[i]), 0, bytes);
}

/* The common part: *ns is what is left at the end. args[5] must be 0 or what the kernel wants. */
static long select_wait(const long *args, long signals, uint64_t *ns)
{
    struct timespec none = {0, 0};
    struct shim_call call = {SYS_pselect6,
                             {marked(args[0]), args[1], args[2], args[3], 0, signals}};
    if (*ns == 0) {
        call.args[4] = (long)&none;
        return shim_call(&call);
    }
    uint64_t deadline = shim_deadline_after(*ns);
    long result;
    bool over = shim_wait(deadline, &call, &result);
    *ns = shim_left(deadline);
    if (!over)
        return result;
    call.args[4] = (long)&at_once;
    result = shim_call(&call);
    if (result >= 0)
        return result;
    select_clear(args); /* a signal came in between */
    return 0;
}

long shim_sys_select(const long *args)
{
    struct timeval time;
    if (!shim_get(&time, args[4], sizeof time))
        return -EFAULT;
    if (time.tv_sec < 0 || time.tv_usec < 0)
        return -EINVAL;
    struct timespec precise = {time.tv_sec + time.tv_usec / 1000000,
                               time.tv_usec % 1000000 * NS_PER_US};
    uint64_t ns = shim_timespec_ns(&precise);
    long result = select_wait(args, 0, &ns);
    time = shim_ns_timeval(ns);
    shim_put(args[4], &time, sizeof time);
    return result;
}

/* args[5] points to the set's address and size. */
static long select_signals(long at, uint64_t *copy, uint64_t kernel_form[2])
{
    if (at == 0)
        return 0;
    if (!shim_get(kernel_form, at, 2 * sizeof *kernel_form))
        return -EFAULT;
    long address;
    if (kernel_form[0] != 0 && kernel_form[1] != SET_BYTES)
        return -EINVAL;
    if (!shim_signal_set((long)kernel_form[0], copy, &address))
        return -EFAULT;
    kernel_form[0] = (uint64_t)address;
    return 0;
}

long shim_sys_pselect6(const long *args)
{
    struct timespec time;
    uint64_t copy, kernel_form[2] = {0, SET_BYTES};
    long result = select_signals(args[5], &copy, kernel_form);
    if (result < 0)
        return result;
    long signals = kernel_form[0] != 0 ? (long)kernel_form : 0;
    if (args[4] == 0)
        return SHIM_CALL(SYS_pselect6, marked(args[0]), args[1], args[2], args[3], 0, signals);
    if (!shim_get(&time, args[4], sizeof time))
        return -EFAULT;
    if (!shim_timespec_valid(&time))
        return -EINVAL;
    uint64_t ns = shim_timespec_ns(&time);
    result = select_wait(args, signals, &ns);
    time = shim_ns_timespec(ns);
    shim_put(args[4], &time, sizeof time);
    return result;
}
