#include "sim/world/world.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/world/ids.h"
#include "sim/world/init.h"
#include "sim/world/network.h"
#include "sim/world/root.h"
#include "sim/world/support.h"

#include "mta-under-test/base/poison.h"

struct world {
    pid_t pid;
    int pid_fd;
    int result_fd;   /* the end that is read */
    int lifeline_fd; /* held open as long as the runner lives */
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

/* Maps the ids, then says "go" through the lifeline. */
static int release_child(const struct world *world, const struct world_options *options,
                         bool privileged, struct err *err)
{
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
    int pid_fd = -1;
    bool privileged = ids_is_privileged();
    *out = NULL;
    if (pipe2(result_pipe, O_CLOEXEC) != 0)
        return err_set_errno(err, "cannot make a pipe");
    if (pipe2(lifeline, O_CLOEXEC) != 0) {
        close_fd(&result_pipe[0]);
        close_fd(&result_pipe[1]);
        return err_set_errno(err, "cannot make a pipe");
    }
    struct root_paths paths = {NULL, NULL};
    pid_t pid = -1;
    int result = root_paths_resolve(options, &paths, err);
    if (result == 0) {
        pid = clone_world(privileged, &pid_fd);
        if (pid == 0) {
            close_fd(&lifeline[1]);
            init_main(options, &paths, &(struct init_fds){lifeline[0], result_pipe[1]});
        }
        if (pid < 0)
            result = support_explain_namespaces(errno, privileged, err);
    }
    root_paths_free(options, &paths);
    close_fd(&lifeline[0]);
    close_fd(&result_pipe[1]);
    if (result != 0) {
        close_fd(&lifeline[1]);
        close_fd(&result_pipe[0]);
        return -1;
    }
    struct world *world = mem_alloc(sizeof *world);
    *world = (struct world){
        .pid = pid, .pid_fd = pid_fd, .result_fd = result_pipe[0], .lifeline_fd = lifeline[1]};
    if (release_child(world, options, privileged, err) != 0) {
        world_free(&world);
        return -1;
    }
    *out = world;
    return 0;
}

int world_fd(const struct world *world)
{
    return world->pid_fd;
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

int world_wait(struct world *world, int timeout_ms, struct world_result *result)
{
    assert(!world->ended);
    struct pollfd waited = {.fd = world->pid_fd, .events = POLLIN};
    int ready = poll(&waited, 1, timeout_ms);
    if (ready <= 0)
        return 0;
    int signal_number = reap(world);
    memset(result, 0, sizeof *result);
    ssize_t len = read(world->result_fd, result, sizeof *result);
    if (len == (ssize_t)sizeof *result)
        return 1;
    memset(result, 0, sizeof *result);
    result->reason = WORLD_KILLED;
    err_set(&result->err, "the world was killed by signal %d", signal_number);
    return 1;
}

void world_kill(struct world *world)
{
    if (world->ended)
        return;
    (void)syscall(SYS_pidfd_send_signal, world->pid_fd, SIGKILL, NULL, 0);
    (void)reap(world);
}

void world_free(struct world **world)
{
    if (*world == NULL)
        return;
    world_kill(*world);
    close_fd(&(*world)->pid_fd);
    close_fd(&(*world)->result_fd);
    close_fd(&(*world)->lifeline_fd);
    free(*world);
    *world = NULL;
}

void world_describe(const struct world_options *options, struct buf *out)
{
    char text[ADDRESS_TEXT_BYTES];
    buf_format(out, "world: %s, %s", options->hostname,
               ids_is_privileged() ? "as root" : "as an ordinary user (user namespace)");
    for (size_t i = 0; i < options->mta_count; i++)
        buf_format(out, ", %s", address_to_text(&options->mta[i], text));
    buf_format(out, "; gateway %s and %s; %zu further addresses, %zu layers, %zu files, %s clock\n",
               NETWORK_GATEWAY_V4, NETWORK_GATEWAY_V6, options->extra_count, options->layer_count,
               options->file_count, options->virtual_clock ? "virtual" : "real");
}
