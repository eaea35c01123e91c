#include "sim/mta/mta_spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/base/slice.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { MTA_NOT_STARTED = 127, MTA_NETWORK_PATH_BYTES = 64 };

static void mta_spawn_environment(const struct mta_spawn *spawn)
{
    for (size_t i = 0; spawn->variables != NULL && spawn->variables[i] != NULL; i++) {
        char *variable = mem_text_copy(spawn->variables[i]);
        putenv(variable); /* belongs to the environment from now on */
    }
}

pid_t mta_spawn_fork(void)
{
    static const int CAUGHT[] = {SIGTERM, SIGINT, SIGPIPE};
    sigset_t all;
    sigset_t before;
    fflush(NULL);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    if (pid != 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return pid;
    }
    for (size_t i = 0; i < sizeof CAUGHT / sizeof CAUGHT[0]; i++)
        signal(CAUGHT[i], SIG_DFL);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    return 0;
}

/* In the child: never comes back. */
static _Noreturn void mta_spawn_exec(const struct mta_spawn *spawn)
{
    setsid();
    int input = spawn->has_input ? spawn->input_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input >= 0)
        dup2(input, STDIN_FILENO);
    if (spawn->output_fd >= 0) {
        dup2(spawn->output_fd, STDOUT_FILENO);
        dup2(spawn->output_fd, STDERR_FILENO);
    }
    mta_spawn_environment(spawn);
    const char *failed = "execvp";
    if (spawn->network_fd >= 0 && setns(spawn->network_fd, CLONE_NEWNET) != 0)
        failed = "setns";
    else if (chdir(spawn->home != NULL ? spawn->home : "/") != 0)
        failed = "chdir";
    else
        execvp(spawn->argv[0], spawn->argv);
    fprintf(stderr, "%s: cannot be started (%s): %s\n", spawn->argv[0], failed,
            strerrordesc_np(errno));
    _exit(MTA_NOT_STARTED);
}

pid_t mta_spawn_start(const struct mta_spawn *spawn, int *pid_fd, struct err *err)
{
    pid_t pid = mta_spawn_fork();
    if (pid == 0)
        mta_spawn_exec(spawn);
    if (pid < 0)
        return err_set_errno(err, "%s: cannot be started", spawn->argv[0]);
    *pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (*pid_fd < 0) {
        err_set_errno(err, "%s: cannot be watched", spawn->argv[0]);
        kill(pid, SIGKILL);
        return -1;
    }
    return pid;
}

int mta_spawn_socket(int network_fd, int family, int type)
{
    if (network_fd < 0)
        return socket(family, type, 0);
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0)
        return -1;
    int fd = -1;
    if (setns(network_fd, CLONE_NEWNET) == 0) {
        fd = socket(family, type, 0);
        int saved = errno;
        if (setns(own, CLONE_NEWNET) != 0)
            abort(); /* everything after this would happen in the wrong network */
        errno = saved;
    }
    close(own);
    return fd;
}

/* The inode that names the network of a process; 0 if it has ended. */
static ino_t mta_network_of(const char *pid)
{
    char path[MTA_NETWORK_PATH_BYTES];
    struct stat info;
    snprintf(path, sizeof path, "/proc/%.20s/ns/net", pid);
    return stat(path, &info) == 0 ? info.st_ino : 0;
}

void mta_spawn_signal_all(int network_fd, pid_t leader, pid_t except, int signal_number)
{
    struct stat network;
    if (network_fd < 0) {
        if (leader > 0)
            kill(-leader, signal_number);
        return;
    }
    DIR *processes = fstat(network_fd, &network) == 0 ? opendir("/proc") : NULL;
    if (processes == NULL)
        return;
    struct dirent *entry = NULL;
    while ((entry = readdir(processes)) != NULL) {
        uint64_t pid = 0;
        if (text_to_u64(slice_of(entry->d_name), &pid) == 0 && (pid_t)pid != except &&
            mta_network_of(entry->d_name) == network.st_ino)
            kill((pid_t)pid, signal_number);
    }
    closedir(processes);
}
