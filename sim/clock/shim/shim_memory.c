#include "sim/clock/shim/shim.h"

#include <errno.h>
#include <signal.h>

/*
 * A bad pointer must give EFAULT, not a crash of the program. rt_sigprocmask() tells at the least
 * cost: with a `how` that does not exist it reads eight bytes and changes nothing; without a new
 * set it writes eight bytes, where something is about to be written anyway. Nothing that is copied
 * here is longer than a memory page, so its first and last bytes stand for all.
 */
enum { NO_SUCH_HOW = 99, PROBE_BYTES = 8 };

static bool readable(long at)
{
    return SHIM_CALL(SYS_rt_sigprocmask, NO_SUCH_HOW, at, 0, PROBE_BYTES, CLOCK_PASS) != -EFAULT;
}

static bool writable(long at)
{
    return SHIM_CALL(SYS_rt_sigprocmask, SIG_BLOCK, 0, at, PROBE_BYTES, CLOCK_PASS) != -EFAULT;
}

bool shim_get(void *to, long from, size_t len)
{
    /* The kernel takes a NULL set for "none" and does not read it. */
    if (from == 0 || !readable(from) || !readable(from + (long)len - PROBE_BYTES))
        return false;
    memcpy(to, shim_pointer(from), len);
    return true;
}

bool shim_put(long to, const void *from, size_t len)
{
    if (to == 0 || !writable(to) || !writable(to + (long)len - PROBE_BYTES))
        return false;
    memcpy(shim_pointer(to), from, len);
    return true;
}
