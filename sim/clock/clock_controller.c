#include "sim/clock/clock_controller.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/clock/clock_socket.h"
#include "sim/clock/clock_wake.h"

#include "mta-under-test/base/poison.h"

enum {
    NS_PER_US = 1000,
    US_PER_S = 1000000,
    /* So long must nothing happen, in real time, before a world without deadlines counts as over:
     * something from outside may still come, or a timer of the kernel's TCP. */
    REST_END_US = 2 * US_PER_S,
    NAP_US_MIN = 20,
    NAP_US_MAX = 1000,
    NAPS_OF_A_LENGTH = 16,
    YIELDS_MAX = 4,
};

static int64_t real_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

static void nap(int64_t us)
{
    struct timespec time = {us / US_PER_S, us % US_PER_S * NS_PER_US};
    nanosleep(&time, NULL);
}

/* Reaps what has ended: the first program, and every orphan. */
static bool children_reap(struct clock_controller *c)
{
    bool ended = false;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | __WNOTHREAD)) > 0;) {
        if (pid == c->first) {
            c->result->status = status;
            ended = true;
        }
    }
    return ended;
}

static bool first_ended(struct clock_controller *c)
{
    struct clock_injector *injector = c->injector;
    if (injector == NULL)
        return children_reap(c);
    if (!clock_lock_try(&injector->tracing))
        return false; /* soon */
    bool ended = children_reap(c);
    if (!ended && atomic_load(&injector->first_reaped)) {
        c->result->status = atomic_load(&injector->first_status);
        ended = true;
    }
    clock_lock_give(&injector->tracing);
    return ended;
}

static void progress_show(const struct clock_controller *c, int64_t virtual_us)
{
    struct clock_progress *progress = c->options->progress;
    if (progress == NULL)
        return;
    atomic_store(&progress->virtual_us, virtual_us);
    atomic_store(&progress->jumps, c->result->jumps);
    atomic_fetch_add(&progress->heartbeat, 1);
    if (c->idle != NULL)
        atomic_store(&progress->busy_task, c->idle->busy_task);
}

static int64_t virtual_us(const struct clock_controller *c)
{
    return (int64_t)(atomic_load(&c->memory->page->now_ns) / NS_PER_US);
}

/* What comes next: a slot, or a task that waits on a socket with a time limit. */
struct next {
    uint64_t deadline_ns; /* 0 = nothing */
    uint32_t slot;        /* CLOCK_SLOTS = it is the task */
    size_t task;
};

static struct next next_find(struct clock_controller *c)
{
    struct clock_page *page = c->memory->page;
    struct clock_tasks *tasks = &c->idle->tasks;
    struct next next = {0, clock_wake_next(page), 0};
    if (next.slot != CLOCK_SLOTS)
        next.deadline_ns = atomic_load(&page->deadlines_ns[next.slot]);
    if (atomic_load(&page->socket_limits) == 0)
        return next;
    clock_socket_look(tasks, atomic_load(&page->now_ns));
    next.task = clock_socket_next(tasks);
    if (next.task == tasks->count)
        return next;
    uint64_t deadline = tasks->list[next.task].socket_deadline_ns;
    if (next.deadline_ns == 0 || deadline < next.deadline_ns) {
        next.slot = CLOCK_SLOTS;
        next.deadline_ns = deadline;
    }
    return next;
}

/* The world rests: goes to the next deadline. False = there is none, or it lies behind the end. */
static bool jump(struct clock_controller *c, bool *limit)
{
    struct clock_page *page = c->memory->page;
    if (c->idle->tasks.changed) {
        clock_wake_collect(page, &c->idle->tasks);
        c->idle->tasks.changed = false;
    }
    struct next next = next_find(c);
    if (next.deadline_ns == 0)
        return false;
    if (next.deadline_ns > page->start_ns + (uint64_t)c->options->limit_us * NS_PER_US) {
        *limit = true;
        return false;
    }
    if (next.deadline_ns > atomic_load(&page->now_ns)) {
        atomic_store(&page->now_ns, next.deadline_ns);
        clock_memory_log(page);
        c->result->jumps++;
    }
    if (next.slot != CLOCK_SLOTS)
        clock_wake_fire(page, next.slot);
    else
        clock_socket_fire(&c->idle->tasks, next.task);
    return true;
}

/* Between two looks at a world that is busy. With ranks it is busy with something that is not a
 * task on this CPU; without, the controller is as any other program and leaves the CPU to it. */
static void wait_a_little(const struct clock_controller *c, unsigned looks)
{
    if (c->idle->guard == NULL && looks < YIELDS_MAX) {
        sched_yield(); /* the one just woken goes first */
        return;
    }
    int64_t us = NAP_US_MIN;
    for (; looks >= NAPS_OF_A_LENGTH && us < NAP_US_MAX; looks -= NAPS_OF_A_LENGTH)
        us *= 2;
    nap(us);
}

static int failure(const struct clock_controller *c, struct err *err)
{
    const char *text = NULL;
    if (atomic_load(&c->injector->failed))
        text = c->injector->err.text;
    else if (c->idle->tasks.incomplete)
        text = c->idle->tasks.err.text;
    return text != NULL ? err_set(err, "%s", text) : 0;
}

int clock_controller_run(struct clock_controller *c, struct err *err)
{
    int64_t rest_since_us = 0;
    unsigned looks = 0;
    bool limit = false;
    while (!first_ended(c)) {
        progress_show(c, virtual_us(c));
        if (failure(c, err) != 0)
            return -1;
        if (!clock_idle_now(c->idle)) {
            rest_since_us = 0;
            wait_a_little(c, looks++);
            continue;
        }
        looks = 0;
        if (c->idle->guard != NULL)
            clock_guard_lower(c->idle->guard);
        clock_shortcuts_grant(&c->shortcuts, c->memory);
        if (jump(c, &limit)) {
            rest_since_us = 0;
            continue;
        }
        if (limit) {
            c->result->end = CLOCK_END_LIMIT;
            break;
        }
        int64_t now_us = real_us();
        if (rest_since_us == 0)
            rest_since_us = now_us;
        if (now_us - rest_since_us >= REST_END_US) {
            c->result->end = CLOCK_END_IDLE;
            break;
        }
        nap(NAP_US_MAX);
    }
    c->result->virtual_us = limit ? c->options->start_us + c->options->limit_us : virtual_us(c);
    progress_show(c, c->result->virtual_us);
    return 0;
}

int clock_controller_run_real(struct clock_controller *c, struct err *err)
{
    (void)err;
    int64_t start_us = real_us(), passed_us = 0;
    while (!first_ended(c)) {
        passed_us = real_us() - start_us;
        progress_show(c, c->options->start_us + passed_us);
        if (passed_us >= c->options->limit_us) {
            c->result->end = CLOCK_END_LIMIT;
            break;
        }
        nap((int64_t)NAP_US_MAX * 5);
    }
    c->result->virtual_us = c->options->start_us + passed_us;
    return 0;
}
