#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <linux/futex.h>

enum { SET_BYTES = 8 };

/* A moment that the kernel never reaches, and one (or a span) that is always over. */
static const struct timespec far_away = {4000000000, 0};
static const struct timespec over_already = {0, 0};

/* Waits in the call until the deadline; `time` is the argument that takes a time limit and `over`
 * the answer when it is over. A limit that is over already still lets the call do what it can do at
 * once: only the kernel knows what. */
static long wait_or_error(uint64_t deadline_ns, struct shim_call *call, int time, long over)
{
    if (shim_left(deadline_ns) == 0) {
        call->args[time] = (long)&over_already;
        return shim_call(call);
    }
    long result;
    return shim_wait(deadline_ns, call, &result) ? over : result;
}

static long sleep_until(uint64_t deadline_ns, long left_at)
{
    if (shim_left(deadline_ns) == 0)
        return 0;
    struct shim_call call = {SYS_ppoll, {0, 0, 0, 0, SET_BYTES, CLOCK_PASS}};
    long result;
    if (shim_wait(deadline_ns, &call, &result))
        return 0;
    struct timespec left = shim_ns_timespec(shim_left(deadline_ns));
    if (left_at != 0 && !shim_put(left_at, &left, sizeof left))
        return -EFAULT;
    return result;
}

/* A time span or moment that the program gives. */
static long time_get(long at, uint64_t *ns)
{
    struct timespec time;
    if (!shim_get(&time, at, sizeof time))
        return -EFAULT;
    if (!shim_timespec_valid(&time))
        return -EINVAL;
    *ns = shim_timespec_ns(&time);
    return 0;
}

long shim_sys_nanosleep(const long *args)
{
    uint64_t ns;
    long result = time_get(args[0], &ns);
    return result < 0 ? result : sleep_until(shim_deadline_after(ns), args[1]);
}

long shim_sys_clock_nanosleep(const long *args)
{
    if (!shim_clock_is_virtual(args[0]))
        return SHIM_CALL(SYS_clock_nanosleep, args[0], args[1], args[2], args[3], 0, CLOCK_PASS);
    uint64_t ns;
    long result = time_get(args[2], &ns);
    if (result < 0)
        return result;
    if ((args[1] & TIMER_ABSTIME) != 0)
        return sleep_until(shim_deadline_at(args[0], ns), 0);
    return sleep_until(shim_deadline_after(ns), args[3]);
}

/* A futex operation that waits, with a time limit. The limit given to the kernel instead is far:
 * like one of the program's, and unlike none, it lets a handler end the wait with EINTR. */
long shim_sys_futex(const long *args)
{
    int command = (int)args[1] & FUTEX_CMD_MASK;
    uint64_t ns;
    long result = time_get(args[3], &ns);
    if (result < 0)
        return result;
    bool by_date = ((int)args[1] & FUTEX_CLOCK_REALTIME) != 0 || command == FUTEX_LOCK_PI;
    uint64_t deadline = command == FUTEX_WAIT
                            ? shim_deadline_after(ns)
                            : shim_deadline_at(by_date ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
    struct shim_call call = {SYS_futex, {args[0], args[1], args[2], 0, CLOCK_PASS, args[5]}};
    if (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET) {
        call.args[1] = FUTEX_WAIT_BITSET | (args[1] & FUTEX_PRIVATE_FLAG);
        call.args[3] = (long)&far_away;
        if (command == FUTEX_WAIT)
            call.args[5] = (long)FUTEX_BITSET_MATCH_ANY;
    }
    return wait_or_error(deadline, &call, 3, -ETIMEDOUT);
}

long shim_sys_futex_waitv(const long *args)
{
    uint64_t ns;
    long result = time_get(args[3], &ns);
    if (result < 0)
        return result;
    struct shim_call call = {SYS_futex_waitv, {args[0], args[1], args[2], 0, args[4], CLOCK_PASS}};
    return wait_or_error(shim_deadline_at(args[4], ns), &call, 3, -ETIMEDOUT);
}

long shim_sys_rt_sigtimedwait(const long *args)
{
    uint64_t copy, ns = 0;
    long set, result = args[2] != 0 ? time_get(args[2], &ns) : 0;
    if (args[3] != SET_BYTES)
        return -EINVAL;
    if (!shim_signal_set(args[0], &copy, &set) || set == 0)
        return -EFAULT;
    if (result < 0)
        return result;
    struct shim_call call = {SYS_rt_sigtimedwait, {set, args[1], 0, SET_BYTES, 0, CLOCK_PASS}};
    if (args[2] == 0)
        return shim_call(&call);
    return wait_or_error(shim_deadline_after(ns), &call, 2, -EAGAIN);
}

long shim_sys_semtimedop(const long *args)
{
    uint64_t ns;
    long result = time_get(args[3], &ns);
    if (result < 0)
        return result;
    struct shim_call call = {SYS_semtimedop, {args[0], args[1], args[2], 0, CLOCK_PASS}};
    return wait_or_error(shim_deadline_after(ns), &call, 3, -EAGAIN);
}

static long mq_wait(long nr, const long *args)
{
    uint64_t ns;
    long result = time_get(args[4], &ns);
    if (result < 0)
        return result;
    struct shim_call call = {nr, {args[0], args[1], args[2], args[3], 0, CLOCK_PASS}};
    return wait_or_error(shim_deadline_at(CLOCK_REALTIME, ns), &call, 4, -ETIMEDOUT);
}

long shim_sys_mq_timedsend(const long *args)
{
    return mq_wait(SYS_mq_timedsend, args);
}

long shim_sys_mq_timedreceive(const long *args)
{
    return mq_wait(SYS_mq_timedreceive, args);
}
