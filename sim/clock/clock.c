#include "sim/clock/clock.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/clock/clock_controller.h"
#include "sim/clock/clock_program.h"
#include "sim/clock/clock_vdso.h"

#include "mta-under-test/base/poison.h"

/* See clock_idle.c. */
enum { RANK_CONTROLLER = 1, RANK_WORLD = 2, RANK_INJECTOR = 3, RANK_GUARD = 3 };

static int cpu_choose(const struct clock_options *options, int *cpu, struct err *err)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return err_set_errno(err, "cannot ask for the CPUs that may be used");
    *cpu = options->cpu;
    unsigned count = (unsigned)CPU_COUNT(&set), left = count > 0 ? options->slot % count : 0;
    for (unsigned i = 0; *cpu < 0 && i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set) && left-- == 0)
            *cpu = (int)i;
    CPU_ZERO(&set);
    CPU_SET((unsigned)*cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        return err_set_errno(err, "cannot put the world on CPU %d", *cpu);
    return 0;
}

/* Real-time priorities need a right that a user namespace does not give. Tried in this thread,
 * which stays lifted until the world rests for the first time: so no other world that spins on this
 * CPU can keep this one from starting. */
static bool ranks_allowed(void)
{
    struct sched_param param = {.sched_priority = RANK_GUARD};
    return sched_setscheduler(0, SCHED_FIFO, &param) == 0;
}

/* Without ranks the world is scheduled as any other program. As a batch none of its tasks, nor the
 * controller, takes the CPU from another one when it wakes: each goes on until it waits, or until
 * its turn is over. With two programs that leaves one order; with more the scheduler may choose. */
static void turns_lengthen(void)
{
    struct sched_param param = {.sched_priority = 0};
    (void)sched_setscheduler(0, SCHED_BATCH, &param);
}

/* Each task of the world is watched through a descriptor or two. */
static void descriptors_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int world_run(struct clock_controller *controller, char *const argv[], struct err *err)
{
    static struct clock_memory memory;
    static struct clock_injector injector;
    static struct clock_idle idle;
    static struct clock_guard guard;
    /* First: on a CPU with much to do a task without rank waits for its turn to come. */
    bool ranked = ranks_allowed();
    if (!ranked)
        turns_lengthen();
    int cpu = -1;
    if (cpu_choose(controller->options, &cpu, err) != 0)
        return -1;
    struct clock_program program;
    if (clock_memory_open(&memory, controller->options, err) != 0 ||
        clock_program_fork(&program, argv, true, ranked ? RANK_WORLD : 0, err) != 0)
        return -1;
    injector = (struct clock_injector){.listener = program.listener,
                                       .memory = &memory,
                                       .first = program.pid,
                                       .sealed = clock_vdso_sealed(memory.page),
                                       .priority = ranked ? RANK_INJECTOR : 0};
    controller->first = program.pid;
    controller->memory = &memory;
    controller->injector = &injector;
    controller->idle = &idle;
    guard = (struct clock_guard){.controller = getpid(),
                                 .rank = RANK_GUARD,
                                 .low_rank = RANK_CONTROLLER,
                                 .world_rank = RANK_WORLD,
                                 .lifted = true};
    if (clock_injector_start(&injector, err) != 0 ||
        (ranked && clock_guard_start(&guard, err) != 0) ||
        clock_program_go(&program, argv[0], err) != 0)
        return -1;
    descriptors_raise();
    prctl(PR_SET_TIMERSLACK, 1UL);
    if (clock_idle_init(&idle, &injector, cpu, ranked ? &guard : NULL, err) != 0)
        return -1;
    int result = clock_controller_run(controller, err);
    clock_idle_deinit(&idle);
    return result;
}

static int real_run(struct clock_controller *controller, char *const argv[], struct err *err)
{
    struct clock_program program;
    if (clock_program_fork(&program, argv, false, 0, err) != 0)
        return -1;
    controller->first = program.pid;
    if (clock_program_go(&program, argv[0], err) != 0)
        return -1;
    return clock_controller_run_real(controller, err);
}

int clock_run(const struct clock_options *options, char *const argv[], struct clock_result *result,
              struct err *err)
{
    *result = (struct clock_result){.end = CLOCK_END_EXITED, .status = -1};
    struct clock_controller controller = {.options = options, .result = result};
    if (!options->virtual_time)
        return real_run(&controller, argv, err);
    return world_run(&controller, argv, err);
}
