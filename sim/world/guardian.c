#include "sim/world/guardian.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/base/slice.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { GUARDIAN_RANK = 90 };

/* Lets a task run now: on any CPU, and above all tasks of the world where that is allowed. */
static void lift(pid_t task)
{
    cpu_set_t all;
    struct sched_param param = {.sched_priority = GUARDIAN_RANK};
    memset(&all, 0xff, sizeof all);
    (void)sched_setaffinity(task, sizeof all, &all);
    if (sched_setscheduler(task, SCHED_FIFO, &param) == 0)
        return;
    param.sched_priority = 0;
    (void)sched_setscheduler(task, SCHED_OTHER, &param);
}

void guardian_kill(pid_t init, int pid_fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)init);
    /* The namespace ends with the last of its threads, so each of them must come to run. */
    DIR *tasks = opendir(path);
    const struct dirent *entry;
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        uint64_t task = 0;
        if (text_to_u64(slice_of(entry->d_name), &task) == 0)
            lift((pid_t)task);
    }
    if (tasks != NULL)
        closedir(tasks);
    (void)syscall(SYS_pidfd_send_signal, pid_fd, SIGKILL, NULL, 0);
}

/* Closes all but the two that are waited for: what the runner has open must end with the runner. */
static void keep_only(int a, int b)
{
    unsigned low = (unsigned)(a < b ? a : b);
    unsigned high = (unsigned)(a < b ? b : a);
    if (low > 0)
        (void)close_range(0, low - 1, 0);
    if (high > low + 1)
        (void)close_range(low + 1, high - 1, 0);
    (void)close_range(high + 1, ~0U, 0);
}

static _Noreturn void guard(const struct guardian_options *options)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)setsid();
    (void)sigaction(SIGINT, &ignore, NULL);
    (void)sigaction(SIGTERM, &ignore, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    keep_only(options->pid_fd, options->lifeline);
    /* Of the pipe only its end is of interest, not the word that PID 1 reads from it. */
    struct pollfd waited[] = {{.fd = options->pid_fd, .events = POLLIN},
                              {.fd = options->lifeline, .events = 0}};
    while (poll(waited, 2, -1) < 0 && errno == EINTR)
        continue;
    if (waited[0].revents == 0)
        guardian_kill(options->init, options->pid_fd);
    _exit(0);
}

pid_t guardian_start(const struct guardian_options *options, struct err *err)
{
    pid_t pid = fork();
    if (pid == 0)
        guard(options);
    if (pid < 0)
        return err_set_errno(err, "cannot fork");
    return pid;
}
