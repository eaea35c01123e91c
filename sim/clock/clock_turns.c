#include "sim/clock/clock_turns.h"

#include <sched.h>

#include "sim/clock/clock_walk.h"

#include "mta-under-test/base/poison.h"

struct turns {
    int rank;
    int policy;
};

static void task_set(void *context, pid_t process, pid_t task)
{
    const struct turns *turns = context;
    struct sched_param param = {.sched_priority = 0};
    (void)process;
    if (sched_getparam(task, &param) == 0 && param.sched_priority == turns->rank)
        sched_setscheduler(task, turns->policy, &param);
}

void clock_turns_set(int rank, bool in_turns)
{
    struct turns turns = {.rank = rank, .policy = in_turns ? SCHED_RR : SCHED_FIFO};
    clock_walk(task_set, &turns);
}
