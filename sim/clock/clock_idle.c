/*
 * Why the decision is sound.
 *
 * All tasks of the world, the injector and the controller are pinned to one CPU, C (the filter
 * keeps the world from leaving it). Work in flight can be in four places only.
 *
 * 1. A task that can run. /proc shows it as R; one that waits for a disk, for another's memory map
 *    or for the injector's answer as D; a stop under ptrace, which is the injector's, as t. All
 *    these are busy. S, T (stopped by a signal) and Z rest. Z rests because a process shows as Z
 *    only after its files and memory are given up and its parent has been woken. X is a task that
 *    is gone. Everything else (I, P, W) is taken for busy. One wait in D is no work: a parent in
 *    vfork() whose child rests. It is believed when it has lasted for a while of real time, since
 *    before the child is there the parent may be in D for a moment, and at work.
 * 2. A task that shows as S and yet runs: it has announced its sleep but is still on the run queue,
 *    and may find, before it sleeps, that what it waits for is there.
 *    - Ranked (real-time priorities allowed): world 2, injector 3, controller 1. The controller
 *      runs only if no task of the world is on C's run queue, since the scheduler prefers the
 *      higher rank always; the limit on real-time tasks stops all three together. So the case does
 *      not exist.
 *    - Else, and while the guard (rank 3 too) has lifted a starved controller, each task is asked
 * for the place where it sleeps (wchan): the kernel tells it only for a task that is off the run
 * queue.
 * 3. A task that is not in the list: born after the list was made. The newest task number of the
 *    namespace is compared before and after.
 * 4. Packets. Between two sockets of the world they pass through C's queues in the kernel: first
 *    the sender's own system call works them off, or, when that was too much at a time, ksoftirqd
 *    does later, which no state of ours shows. So the kernel is first made to do what is pending
 *    (any call that locks a socket does it), then the length of C's input queue must be 0.
 *
 * The looks at the single tasks are one look: if the controller was not switched out since the
 * first of them, nothing else ran on C in between, so no state has changed but by an interrupt.
 * Interrupts that wake a task of the world come from outside its time: a disk (its waiter is D), or
 * the kernel's own timers of TCP, which are real and have no place in virtual time. Ranked, such a
 * task takes the CPU at once, which the count of switches shows; else a second look shows it.
 *
 * An execve() passes through the injector. From its wake-up until the task is let go, either the
 * injector shows as R or its `active` mark is set; before and after, the task itself is R.
 *
 * What this does not see: data in a pseudo-terminal, which a worker of the kernel moves, and files
 * served by a process outside (FUSE).
 */
#include "sim/clock/clock_idle.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sim/clock/clock_proc.h"

#include "mta-under-test/base/poison.h"

enum { SOFTNET_BYTES = 65536, US_PER_S = 1000000, NS_PER_US = 1000, VFORK_US_MIN = 20000 };

/* Spreads task numbers, so that a sum of them tells which they are. */
static const uint64_t vfork_spread = 0x9e3779b97f4a7c15u;

int clock_idle_init(struct clock_idle *idle, const struct clock_injector *injector, int cpu,
                    struct clock_guard *guard, struct err *err)
{
    *idle = (struct clock_idle){.injector = injector, .cpu = cpu, .guard = guard};
    idle->softnet_fd = open("/proc/net/softnet_stat", O_RDONLY | O_CLOEXEC);
    idle->drain_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (idle->drain_socket < 0)
        return err_set_errno(err, "cannot make a socket");
    if (clock_tasks_init(&idle->tasks, err) != 0)
        return -1;
    clock_tasks_add(&idle->tasks, getpid(), atomic_load(&injector->tid));
    return 0;
}

void clock_idle_deinit(struct clock_idle *idle)
{
    clock_tasks_deinit(&idle->tasks);
    close(idle->drain_socket);
    if (idle->softnet_fd >= 0)
        close(idle->softnet_fd);
}

/* How often this thread was switched out. */
static long own_switches(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

static bool packets_wait(const struct clock_idle *idle)
{
    static char text[SOFTNET_BYTES];
    int one = 1;
    setsockopt(idle->drain_socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (idle->softnet_fd < 0)
        return false;
    ssize_t got = pread(idle->softnet_fd, text, sizeof text, 0);
    return got > 0 && clock_proc_backlog(text, (size_t)got, idle->cpu) > 0;
}

static int64_t real_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

/* `key` tells which tasks wait in vfork(); 0 = none. Whether they have done so for long enough. */
static bool vforks_rest(struct clock_idle *idle, uint64_t key)
{
    if (key == 0 || key != idle->vfork_key) {
        idle->vfork_key = key;
        idle->vfork_since_us = key != 0 ? real_us() : 0;
    }
    return key == 0 || real_us() - idle->vfork_since_us >= VFORK_US_MIN;
}

/* Whether task i rests; `sure`: asks too whether it is off the run queue. */
static bool task_rests(struct clock_idle *idle, size_t i, bool sure, uint64_t *vforks)
{
    pid_t tid = idle->tasks.list[i].tid;
    char state = clock_tasks_state(&idle->tasks, i);
    if (state == 0 || state == 'Z' || state == 'X')
        return true;
    if ((state == 'S' || state == 'T') && (!sure || clock_tasks_off_queue(&idle->tasks, i)))
        return true;
    if (state == 'D' && clock_tasks_in_vfork(&idle->tasks, i)) {
        *vforks += (uint64_t)tid * vfork_spread;
        return true;
    }
    idle->busy_task = tid;
    idle->busy_state = state;
    return false;
}

static bool look(struct clock_idle *idle, bool sure)
{
    idle->busy_task = 0;
    if (packets_wait(idle) || atomic_load(&idle->injector->active))
        return false;
    uint64_t vforks = 0;
    clock_tasks_refresh(&idle->tasks);
    for (size_t i = idle->tasks.count; i-- > 0;)
        if (!task_rests(idle, i, sure, &vforks))
            return false;
    return vforks_rest(idle, vforks) && !clock_tasks_stale(&idle->tasks) &&
           !atomic_load(&idle->injector->active);
}

static bool ranks_prove(const struct clock_idle *idle)
{
    return idle->guard != NULL && !atomic_load(&idle->guard->lifted);
}

bool clock_idle_now(struct clock_idle *idle)
{
    long switches = own_switches();
    bool ranked = ranks_prove(idle);
    if (idle->guard != NULL)
        atomic_fetch_add(&idle->guard->beats, 1);
    if (!look(idle, false) || (!ranked && !look(idle, true)))
        return false;
    return own_switches() == switches && ranks_prove(idle) == ranked;
}
