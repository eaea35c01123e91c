#include "sim/clock/clock_lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

enum { TRIES_MAX = 1000 };

/* Asked for once, since the controller takes a lock at each look at the world. What a child
 * remembers would be its parent's number; but only PID 1 of a world takes locks, and whoever made
 * it has never taken one. */
static uint32_t own_number(void)
{
    static _Thread_local uint32_t number;
    if (number == 0)
        number = (uint32_t)gettid();
    return number;
}

static long futex(struct clock_lock *lock, int operation)
{
    return syscall(SYS_futex, &lock->word, operation, 0, NULL, NULL, 0);
}

bool clock_lock_try(struct clock_lock *lock)
{
    uint32_t open = 0;
    return atomic_compare_exchange_strong(&lock->word, &open, own_number());
}

void clock_lock_take(struct clock_lock *lock)
{
    /* EAGAIN: the holder is just ending; EINTR: a debugger came. Anything else is a wrong use. */
    for (int i = 0; i < TRIES_MAX; i++) {
        if (clock_lock_try(lock) || futex(lock, FUTEX_LOCK_PI_PRIVATE) == 0)
            return;
        if (errno != EAGAIN && errno != EINTR)
            break;
    }
    abort();
}

void clock_lock_give(struct clock_lock *lock)
{
    uint32_t own = own_number();
    if (!atomic_compare_exchange_strong(&lock->word, &own, 0))
        (void)futex(lock, FUTEX_UNLOCK_PI_PRIVATE);
}
