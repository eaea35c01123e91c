#include "sim/clock/clock_guard.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#include "mta-under-test/base/poison.h"

enum { LOOK_MS = 100, NS_PER_MS = 1000000, MISSED_MAX = 4 };

static void rank_set(pid_t thread, int rank)
{
    struct sched_param param = {.sched_priority = rank};
    sched_setscheduler(thread, SCHED_FIFO, &param);
}

static _Noreturn void guard_loop(struct clock_guard *guard)
{
    rank_set(0, guard->rank);
    unsigned last = 0, missed = 0;
    for (;;) {
        struct timespec time = {0, (long)LOOK_MS * NS_PER_MS};
        nanosleep(&time, NULL);
        unsigned beats = atomic_load(&guard->beats);
        missed = beats == last ? missed + 1 : 0;
        last = beats;
        if (missed < MISSED_MAX || atomic_load(&guard->lifted))
            continue;
        atomic_store(&guard->lifted, true); /* first: from here on its running proves nothing */
        rank_set(guard->controller, guard->rank);
    }
}

static void *guard_run(void *guard)
{
    guard_loop(guard);
}

int clock_guard_start(struct clock_guard *guard, struct err *err)
{
    int number = pthread_create(&guard->thread, NULL, guard_run, guard);
    if (number == 0)
        return 0;
    errno = number;
    return err_set_errno(err, "cannot start the guard's thread");
}

void clock_guard_lower(struct clock_guard *guard)
{
    if (!atomic_load(&guard->lifted))
        return;
    rank_set(guard->controller, guard->low_rank);
    atomic_store(&guard->lifted, false);
}
