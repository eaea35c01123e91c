#include "sim/world/world.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "sim/world/guardian.h"
#include "sim/world/ids.h"
#include "sim/world/init.h"
#include "sim/world/network.h"
#include "sim/world/root.h"
#include "sim/world/support.h"
#include "sim/world/watch.h"

#include "mta-under-test/base/poison.h"

/* How often the world is looked at, in real time. */
enum { LOOK_MS = 1000 };

struct world {
    pid_t pid;
    int pid_fd;
    int result_fd;                   /* the end that is read */
    int lifeline_fd;                 /* held open as long as the runner lives */
    struct clock_progress *progress; /* shared with PID 1 */
    pid_t guardian;
    struct watch watch;
    int64_t look_us; /* when to look at it again, however short the waits are */
    bool is_virtual;
    int64_t start_us;
    bool ended;
};

/* A new process in new namespaces; 0 in the child, -1 with errno. As fork() it copies the memory;
 * the handle *pid_fd has no race with the number of the process being used again. */
static pid_t clone_world(bool privileged, int *pid_fd)
{
    struct clone_args args = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |
                 CLONE_PIDFD | (privileged ? 0 : CLONE_NEWUSER),
        .pidfd = (uint64_t)(uintptr_t)pid_fd,
        .exit_signal = SIGCHLD,
    };
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int map_progress(struct clock_progress **progress, struct err *err)
{
    void *memory =
        mmap(NULL, sizeof **progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return err_set_errno(err, "cannot share memory with the world");
    *progress = memory;
    return 0;
}

/* Starts the guardian, maps the ids, then says "go" through the lifeline. */
static int release_child(struct world *world, const struct world_options *options, int lifeline,
                         struct err *err)
{
    bool privileged = ids_is_privileged();
    world->guardian =
        guardian_start(&(struct guardian_options){world->pid, world->pid_fd, lifeline}, err);
    if (world->guardian < 0)
        return -1;
    if (!privileged && ids_map(world->pid, options->many_users, err) != 0)
        return -1;
    if (write(world->lifeline_fd, "g", 1) != 1)
        return err_set_errno(err, "the world ended at once");
    return 0;
}

int world_start(const struct world_options *options, struct world **out, struct err *err)
{
    assert(options->mta_count > 0 && options->argv != NULL && options->argv[0] != NULL);
    int result_pipe[2] = {-1, -1};
    int lifeline[2] = {-1, -1};
    bool privileged = ids_is_privileged();
    *out = NULL;
    if (pipe2(result_pipe, O_CLOEXEC) != 0)
        return err_set_errno(err, "cannot make a pipe");
    if (pipe2(lifeline, O_CLOEXEC) != 0) {
        close_fd(&result_pipe[0]);
        close_fd(&result_pipe[1]);
        return err_set_errno(err, "cannot make a pipe");
    }
    struct world *world = mem_alloc(sizeof *world);
    *world = (struct world){.pid_fd = -1,
                            .result_fd = result_pipe[0],
                            .lifeline_fd = lifeline[1],
                            .is_virtual = options->virtual_clock,
                            .start_us = options->start_us};
    /* Once: a wait that ends before the world is taken for stuck must not start the count anew. */
    int64_t now_us = time_monotonic_us();
    watch_init(&world->watch, now_us);
    world->look_us = now_us + LOOK_MS * TIME_MS;
    struct root_paths paths = {NULL, NULL};
    int result = map_progress(&world->progress, err);
    if (result == 0)
        result = root_paths_resolve(options, &paths, err);
    if (result == 0) {
        world->pid = clone_world(privileged, &world->pid_fd);
        if (world->pid == 0) {
            close_fd(&world->lifeline_fd);
            init_main(options, &paths,
                      &(struct init_links){lifeline[0], result_pipe[1], world->progress});
        }
        if (world->pid < 0)
            result = support_explain_namespaces(errno, privileged, err);
    }
    root_paths_free(options, &paths);
    if (result != 0)
        world->ended = true; /* it has not begun */
    else
        result = release_child(world, options, lifeline[0], err);
    close_fd(&lifeline[0]);
    close_fd(&result_pipe[1]);
    if (result != 0) {
        world_free(&world);
        return -1;
    }
    *out = world;
    return 0;
}

/* Reaps PID 1; all other processes of the world are gone then, since the kernel ends them first. */
static int reap(struct world *world)
{
    siginfo_t info = {0};
    while (waitid(P_PIDFD, (id_t)world->pid_fd, &info, WEXITED) != 0)
        if (errno != EINTR)
            return 0;
    world->ended = true;
    return info.si_code == CLD_EXITED ? 0 : info.si_status;
}

/* As world_wait(), looking at the world's progress now and then. */
static enum world_wait wait_watching(struct world *world, int told_fd, int timeout_ms, bool *stuck)
{
    int64_t started_us = time_monotonic_us();
    for (;;) {
        int64_t now_us = time_monotonic_us();
        int64_t left_ms = timeout_ms < 0 ? LOOK_MS : timeout_ms - (now_us - started_us) / TIME_MS;
        struct pollfd waited[] = {{.fd = world->pid_fd, .events = POLLIN},
                                  {.fd = told_fd, .events = POLLIN}};
        int ready =
            poll(waited, 2, (int)(left_ms < LOOK_MS ? (left_ms > 0 ? left_ms : 0) : LOOK_MS));
        if (ready > 0 && (waited[1].revents & POLLIN) != 0)
            return WORLD_WAIT_TOLD;
        if (ready > 0 && waited[0].revents != 0)
            return WORLD_WAIT_ENDED;
        if (ready > 0)
            told_fd = -1; /* nobody is left who could tell */
        now_us = time_monotonic_us();
        if (world->is_virtual && now_us >= world->look_us) {
            world->look_us = now_us + LOOK_MS * TIME_MS;
            *stuck =
                watch_is_stuck(&world->watch, world->progress, now_us, watch_cpu_us(world->pid));
            if (*stuck)
                return WORLD_WAIT_ENDED;
        }
        if (timeout_ms >= 0 && (now_us - started_us) / TIME_MS >= timeout_ms)
            return WORLD_WAIT_TIMEOUT;
    }
}

static void tell_stuck(const struct world *world, struct world_result *result)
{
    struct buf task;
    buf_init(&task, ERR_TEXT_BYTES);
    watch_describe_task(world->pid, (pid_t)atomic_load(&world->progress->busy_task), &task);
    result->reason = WORLD_STUCK;
    err_set(&result->err,
            "time stands still in the world: %s has been busy for %d s of real time, as a program "
            "is that waits for the clock without resting; try --clock real",
            buf_text(&task), (int)(WATCH_STUCK_US / TIME_SECOND));
    buf_deinit(&task);
}

enum world_wait world_wait(struct world *world, int told_fd, int timeout_ms,
                           struct world_result *result)
{
    assert(!world->ended);
    bool stuck = false;
    enum world_wait waited = wait_watching(world, told_fd, timeout_ms, &stuck);
    if (waited != WORLD_WAIT_ENDED)
        return waited;
    memset(result, 0, sizeof *result);
    if (stuck) {
        tell_stuck(world, result);
        world_kill(world);
        return WORLD_WAIT_ENDED;
    }
    int signal_number = reap(world);
    ssize_t len = read(world->result_fd, result, sizeof *result);
    if (len == (ssize_t)sizeof *result)
        return WORLD_WAIT_ENDED;
    memset(result, 0, sizeof *result);
    result->reason = WORLD_KILLED;
    err_set(&result->err, "the world was killed by signal %d", signal_number);
    return WORLD_WAIT_ENDED;
}

void world_look(const struct world *world, struct world_result *result)
{
    if (!world->is_virtual)
        return;
    result->jumps = atomic_load(&world->progress->jumps);
    result->elapsed_us = atomic_load(&world->progress->virtual_us) - world->start_us;
}

void world_kill(struct world *world)
{
    if (world->ended)
        return;
    guardian_kill(world->pid, world->pid_fd);
    (void)reap(world);
}

void world_free(struct world **world)
{
    if (*world == NULL)
        return;
    world_kill(*world);
    while ((*world)->guardian > 0 && waitpid((*world)->guardian, NULL, 0) < 0 && errno == EINTR)
        continue;
    close_fd(&(*world)->pid_fd);
    close_fd(&(*world)->result_fd);
    close_fd(&(*world)->lifeline_fd);
    if ((*world)->progress != NULL)
        munmap((*world)->progress, sizeof *(*world)->progress);
    free(*world);
    *world = NULL;
}
