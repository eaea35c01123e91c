#include "sim/clock/clock_injector.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/clock_machine.h"

#include "mta-under-test/base/poison.h"

/* Linux 6.6: wake the waiting side on the same CPU. Not in older headers. */
#define NOTIF_SET_FLAGS _IOW('!', 4, uint64_t)
#define NOTIF_FD_SYNC_WAKE_UP 1ul

enum { EVENT_SHIFT = 16 };

static void world_fail(struct clock_injector *injector, const char *what, pid_t task)
{
    err_set_errno(&injector->err, "virtual clock: %s (task %d)", what, task);
    atomic_store(&injector->failed, true);
}

static int file_give(const struct clock_injector *injector, uint64_t id)
{
    struct seccomp_notif_addfd give = {.id = id,
                                       .flags = SECCOMP_ADDFD_FLAG_SEND,
                                       .srcfd = (uint32_t)injector->memory->fd,
                                       .newfd_flags = O_CLOEXEC};
    return ioctl(injector->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give) < 0 ? -1 : 0;
}

enum { PATH_BYTES = 256 };

/* The file that the task executes, for messages; returns `path`. */
static const char *task_path(pid_t task, char path[PATH_BYTES])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/exe", task);
    ssize_t len = readlink(link, path, PATH_BYTES - 1);
    snprintf(path + (len > 0 ? len : 0), PATH_BYTES - (size_t)(len > 0 ? len : 0), "%s",
             len > 0 ? "" : "a program");
    return path;
}

/* The bootstrap asks for the memory file. If the program starts with every descriptor in use that
 * its limit allows, the limit is raised for that moment. */
static void boot_answer(struct clock_injector *injector, const struct seccomp_notif *ask)
{
    pid_t task = (pid_t)ask->pid;
    if (file_give(injector, ask->id) == 0 || errno == ENOENT)
        return;
    struct rlimit old, more;
    if (errno == EMFILE && prlimit(task, RLIMIT_NOFILE, NULL, &old) == 0) {
        more = old;
        more.rlim_cur++;
        if (more.rlim_max < more.rlim_cur)
            more.rlim_max = more.rlim_cur;
        int result = prlimit(task, RLIMIT_NOFILE, &more, NULL);
        if (result == 0)
            result = file_give(injector, ask->id);
        int raised = errno;
        prlimit(task, RLIMIT_NOFILE, &old, NULL);
        if (result == 0 || raised == ENOENT)
            return;
        errno = raised;
    }
    char path[PATH_BYTES];
    int why = errno;
    fprintf(stderr, "mailrange: cannot give %s (process %d) the virtual clock (%s): ended\n",
            task_path(task, path), task, strerrordesc_np(why));
    kill(task, SIGKILL);
}

static void image_inject(struct clock_injector *injector, pid_t task)
{
    enum clock_machine_result result =
        clock_machine_inject(task, injector->memory->page, injector->sealed);
    if (result != CLOCK_MACHINE_FOREIGN)
        return;
    char path[PATH_BYTES];
    fprintf(stderr,
            "mailrange: %s (process %d) is no 64-bit program for x86-64, which virtual time needs: "
            "ended; --clock real runs it\n",
            task_path(task, path), task);
    kill(task, SIGKILL);
}

/*
 * Follows a task that was let go on with its execve() until that has failed (PTRACE_INTERRUPT's
 * stop) or given a fresh image (PTRACE_EVENT_EXEC; then it has the id of its process, whichever
 * thread it was). A task killed meanwhile must be reaped from here, or its parent never hears of
 * it.
 */
static void exec_follow(struct clock_injector *injector, pid_t task)
{
    for (;;) {
        int status;
        pid_t who = waitpid(-1, &status, __WALL | __WNOTHREAD);
        if (who < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (!WIFSTOPPED(status)) {
            if (who == injector->first) {
                atomic_store(&injector->first_status, status);
                atomic_store(&injector->first_reaped, true);
            }
            if (who == task)
                return;
            continue;
        }
        task = who;
        int event = status >> EVENT_SHIFT;
        if (event == PTRACE_EVENT_EXEC) {
            image_inject(injector, who);
        } else if (event != PTRACE_EVENT_STOP) {
            ptrace(PTRACE_CONT, who, NULL, (long)WSTOPSIG(status));
            continue;
        }
        if (ptrace(PTRACE_DETACH, who, NULL, 0L) == 0)
            return;
    }
}

static void exec_answer(struct clock_injector *injector, const struct seccomp_notif *ask)
{
    pid_t task = (pid_t)ask->pid;
    struct seccomp_notif_resp reply = {.id = ask->id};
    clock_lock_take(&injector->tracing);
    bool seized = ptrace(PTRACE_SEIZE, task, NULL, (long)PTRACE_O_TRACEEXEC) == 0;
    if (seized) {
        ptrace(PTRACE_INTERRUPT, task, NULL, 0L);
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else {
        char path[PATH_BYTES];
        if (errno != ESRCH)
            fprintf(stderr,
                    "mailrange: %s (process %d) is traced by another program, as strace and gdb "
                    "do, so it cannot start programs in virtual time; --clock real lets it\n",
                    task_path(task, path), task);
        reply.error = -EPERM;
    }
    ioctl(injector->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply); /* fails if the task is gone */
    if (seized)
        exec_follow(injector, task);
    clock_lock_give(&injector->tracing);
}

static void trace_refuse(struct clock_injector *injector, const struct seccomp_notif *ask)
{
    pid_t task = (pid_t)ask->pid;
    struct seccomp_notif_resp reply = {.id = ask->id, .error = -EPERM};
    char path[PATH_BYTES];
    fprintf(stderr,
            "mailrange: %s (process %d) wants to trace a program, as strace and gdb do: not in "
            "virtual time; --clock real lets it\n",
            task_path(task, path), task);
    ioctl(injector->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply); /* fails if the task is gone */
}

/* False when the last task with the filter is gone. */
static bool listener_alive(const struct clock_injector *injector)
{
    struct pollfd look = {.fd = injector->listener, .events = POLLIN};
    return poll(&look, 1, 0) >= 0 && (look.revents & POLLHUP) == 0;
}

static void *injector_run(void *context)
{
    struct clock_injector *injector = context;
    if (injector->priority > 0) {
        struct sched_param param = {.sched_priority = injector->priority};
        sched_setscheduler(0, SCHED_FIFO, &param);
    }
    atomic_store(&injector->tid, gettid());
    for (;;) {
        struct seccomp_notif ask = {.id = 0};
        if (ioctl(injector->listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) != 0) {
            if (!listener_alive(injector))
                return NULL;
            if (errno == EINTR || errno == ENOENT) /* the asking task was killed */
                continue;
            world_fail(injector, "the kernel does not tell of new programs", 0);
            return NULL;
        }
        atomic_store(&injector->active, true);
        if (ask.data.nr == CLOCK_NR_BOOT)
            boot_answer(injector, &ask);
        else if (ask.data.nr == SYS_ptrace)
            trace_refuse(injector, &ask);
        else
            exec_answer(injector, &ask);
        atomic_store(&injector->active, false);
    }
}

int clock_injector_start(struct clock_injector *injector, struct err *err)
{
    ioctl(injector->listener, NOTIF_SET_FLAGS, NOTIF_FD_SYNC_WAKE_UP);
    int number = pthread_create(&injector->thread, NULL, injector_run, injector);
    if (number != 0) {
        errno = number;
        return err_set_errno(err, "cannot start the injector's thread");
    }
    while (atomic_load(&injector->tid) == 0)
        sched_yield();
    return 0;
}
