#include "sim/clock/clock_guard.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#include "sim/clock/clock_turns.h"

#include "mta-under-test/base/poison.h"

enum { LOOK_MS = 100, NS_PER_MS = 1000000, MISSED_MAX = 4, BUSY_MAX = 10 };

static void rank_set(pid_t thread, int rank)
{
    struct sched_param param = {.sched_priority = rank};
    sched_setscheduler(thread, SCHED_FIFO, &param);
}

static void controller_lift(struct clock_guard *guard)
{
    if (atomic_load(&guard->lifted))
        return;
    atomic_store(&guard->lifted, true); /* first: from here on its running proves nothing */
    rank_set(guard->controller, guard->rank);
}

static _Noreturn void guard_loop(struct clock_guard *guard)
{
    rank_set(0, guard->rank);
    unsigned last = 0, missed = 0, busy = 0;
    for (;;) {
        struct timespec time = {0, (long)LOOK_MS * NS_PER_MS};
        nanosleep(&time, NULL);
        unsigned beats = atomic_load(&guard->beats);
        missed = beats == last ? missed + 1 : 0;
        last = beats;
        if (missed >= MISSED_MAX)
            controller_lift(guard);
        busy = atomic_load(&guard->lifted) ? busy + 1 : 0;
        if (busy < BUSY_MAX)
            continue;
        /* Each time: what a task started meanwhile may have come before its own turn to be told. */
        atomic_store(&guard->in_turns, true);
        clock_turns_set(guard->world_rank, true);
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
    if (atomic_exchange(&guard->in_turns, false))
        clock_turns_set(guard->world_rank, false);
    rank_set(guard->controller, guard->low_rank);
    atomic_store(&guard->lifted, false);
}
