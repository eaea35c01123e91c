/*
 * What the virtual clock needs from the kernel, tried out one by one before a world is made, so
 * that a machine that lacks something says so at once and in plain words.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/clock.h"
#include "sim/clock/clock_descriptor.h"
#include "sim/clock/clock_filter.h"
#include "sim/clock/clock_page.h"
#include "sim/clock/clock_vdso.h"

#include "mta-under-test/base/poison.h"

static int notification_check(struct err *err)
{
    uint32_t action = SECCOMP_RET_USER_NOTIF;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0)
        return err_set_errno(err, "virtual time needs seccomp notifications, which this kernel or "
                                  "its policy refuses (a container needs --security-opt "
                                  "seccomp=unconfined)");
    /* The flags are looked at before the filter: EFAULT means that the kernel knows them. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                NULL) != 0 &&
        errno == EINVAL)
        return err_set(err, "virtual time needs Linux 5.19 or newer (Debian 12 has 6.1): this "
                            "kernel's seccomp notifications cannot wait for an answer safely");
    return 0;
}

/* A child that waits to be killed, to try ptrace and pidfd_getfd on. */
static int reach_check(pid_t child, struct err *err)
{
    if (ptrace(PTRACE_SEIZE, child, NULL, 0L) != 0)
        return err_set_errno(err, "virtual time needs ptrace on child processes, which this "
                                  "machine refuses (see /proc/sys/kernel/yama/ptrace_scope, which "
                                  "must be 2 or less; a container needs --cap-add SYS_PTRACE)");
    int fd = clock_descriptor_take(child, STDERR_FILENO);
    if (fd < 0 && errno != EBADF)
        return err_set_errno(err, "virtual time needs pidfd_getfd, which this machine refuses");
    if (fd >= 0)
        close(fd);
    return 0;
}

int clock_supported(struct err *err)
{
#ifndef __x86_64__
    return err_set(err, "virtual time needs an x86-64 processor");
#endif
    struct clock_page *page = mem_alloc(sizeof *page);
    int result = clock_vdso_find(page, err);
    free(page);
    if (result != 0 || notification_check(err) != 0)
        return -1;
    pid_t child = fork();
    if (child < 0)
        return err_set_errno(err, "cannot start a process");
    if (child == 0)
        for (;;)
            pause();
    result = reach_check(child, err);
    kill(child, SIGKILL);
    while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR)
        continue;
    return result;
}
