#include "sim/clock/shim/shim.h"

/* Of the calls in the filter those that programs make all the time. They are trapped always, or by
 * a time limit in milliseconds alone: that decision is then made here. */
static bool is_frequent(long nr)
{
    switch (nr) {
    case SYS_epoll_wait:
    case SYS_poll:
    case SYS_clock_nanosleep:
    case SYS_newfstatat:
    case SYS_fsync:
    case SYS_fdatasync:
        return true;
    default:
        return false;
    }
}

static uint32_t trap_count(uint64_t behind)
{
    uint64_t hash = behind ^ behind >> 8 ^ behind >> 16;
    return atomic_fetch_add_explicit(&shim_page.trap_counts[hash % CLOCK_TRAP_COUNTS], 1,
                                     memory_order_relaxed) +
           1;
}

void shim_shortcut_count(long nr, uint64_t behind)
{
    struct clock_wish *wish = &shim_page.wish;
    uint32_t none = CLOCK_WISH_NONE;
    if (!is_frequent(nr) || trap_count(behind) % CLOCK_TRAPS_BEFORE_WISH != 0 ||
        !atomic_compare_exchange_strong(&wish->state, &none, CLOCK_WISH_WRITTEN_TO))
        return;
    wish->pid = (int32_t)SHIM_CALL(SYS_getpid, 0);
    wish->nr = nr;
    wish->behind = behind;
    wish->shim = (uint64_t)shim_start;
    atomic_store(&wish->state, CLOCK_WISH_MADE);
}

static bool is_untimed(long nr, const long *args)
{
    return (nr == SYS_epoll_wait && (int32_t)args[3] <= 0) ||
           (nr == SYS_poll && (int32_t)args[2] <= 0);
}

long shim_answer_direct(long nr, const long *args)
{
    if (is_untimed(nr, args))
        return SHIM_CALL(nr, args[0], args[1], args[2], args[3]);
    return shim_answer(nr, args);
}
