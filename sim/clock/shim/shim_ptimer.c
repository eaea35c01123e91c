#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <signal.h>

/*
 * timer_create() and its kin. The kernel's timer is made, so that its id and its checks are the
 * kernel's, but never armed; the slot keeps the deadline and says which signal the controller
 * sends, and to which thread. Timers of CPU time have no slot and are the kernel's alone.
 */

static uint64_t own_id(long timer)
{
    return clock_slot_id(CLOCK_SLOT_PTIMER, (uint32_t)SHIM_CALL(SYS_getpid, 0), (uint32_t)timer);
}

long shim_sys_timer_create(const long *args)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    if (args[1] != 0 && !shim_get(&event, args[1], sizeof event))
        return -EFAULT;
    long result = SHIM_CALL(SYS_timer_create, args[0], args[1], args[2], 0, 0, CLOCK_PASS);
    if (result < 0 || !shim_clock_is_virtual(args[0]))
        return result;
    int32_t timer = *(const int32_t *)shim_pointer(args[2]);
    uint32_t at = shim_slot_take(own_id(timer));
    struct clock_slot *slot = &shim_page.slots[at];
    atomic_store(&shim_page.deadlines_ns[at], 0);
    atomic_store(&slot->interval_ns, 0);
    slot->number = timer;
    slot->signal = event.sigev_notify == SIGEV_NONE ? 0 : event.sigev_signo;
    slot->signal_tid = event.sigev_notify == SIGEV_THREAD_ID ? event._sigev_un._tid : 0;
    slot->value = args[1] != 0 ? (uint64_t)event.sigev_value.sival_ptr : (uint64_t)timer;
    return 0;
}

static struct itimerspec slot_value(uint32_t slot)
{
    uint64_t deadline = atomic_load(&shim_page.deadlines_ns[slot]);
    uint64_t left = shim_left(deadline);
    if (deadline != 0 && left == 0)
        left = 1;
    return (struct itimerspec){shim_ns_timespec(atomic_load(&shim_page.slots[slot].interval_ns)),
                               shim_ns_timespec(left)};
}

long shim_sys_timer_settime(const long *args)
{
    uint32_t slot = shim_slot_find(own_id(args[0]));
    if (slot == SHIM_NO_SLOT)
        return SHIM_CALL(SYS_timer_settime, args[0], args[1], args[2], args[3], 0, CLOCK_PASS);
    struct itimerspec new;
    if (!shim_get(&new, args[2], sizeof new))
        return -EFAULT;
    if (!shim_timespec_valid(&new.it_value) || !shim_timespec_valid(&new.it_interval))
        return -EINVAL;
    struct itimerspec old = slot_value(slot);
    uint64_t ns = shim_timespec_ns(&new.it_value), deadline = 0;
    if (ns != 0 && (args[1] & TIMER_ABSTIME) != 0)
        deadline =
            shim_deadline_at(ns > shim_page.monotonic_ns ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
    else if (ns != 0)
        deadline = shim_deadline_after(ns);
    atomic_store(&shim_page.deadlines_ns[slot], 0);
    atomic_store(&shim_page.slots[slot].interval_ns, shim_timespec_ns(&new.it_interval));
    atomic_store(&shim_page.deadlines_ns[slot], deadline);
    return args[3] != 0 && !shim_put(args[3], &old, sizeof old) ? -EFAULT : 0;
}

long shim_sys_timer_gettime(const long *args)
{
    uint32_t slot = shim_slot_find(own_id(args[0]));
    if (slot == SHIM_NO_SLOT)
        return SHIM_CALL(SYS_timer_gettime, args[0], args[1], 0, 0, 0, CLOCK_PASS);
    struct itimerspec now = slot_value(slot);
    return shim_put(args[1], &now, sizeof now) ? 0 : -EFAULT;
}

long shim_sys_timer_delete(const long *args)
{
    uint32_t slot = shim_slot_find(own_id(args[0]));
    if (slot != SHIM_NO_SLOT)
        shim_slot_release(slot);
    return SHIM_CALL(SYS_timer_delete, args[0], 0, 0, 0, 0, CLOCK_PASS);
}
