/* Threads, children and new programs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/tool/probe.h"

extern char **environ;

/* What a program that was started does: sees that it, too, lives in virtual time. */
static void run_started(void)
{
    EXPECT(time(NULL) >= 1900000000);
    EXPECT_SECONDS(100, sleep(100));
    if (probe_args[0] != NULL)
        EXPECT(geteuid() == (uid_t)strtol(probe_args[0], NULL, 10));
}

static void run_nothing(void)
{
}

static _Noreturn void exec_self(const char *name)
{
    execl(probe_self, "clock_probe", name, (char *)NULL);
    _exit(99);
}

static void *thread_sleep(void *seconds)
{
    sleep(*(unsigned *)seconds);
    return NULL;
}

static void *thread_exec(void *context)
{
    (void)context;
    exec_self("started");
}

static void *thread_pause(void *context)
{
    for (;;)
        pause();
    return context;
}

static void run_threads(void)
{
    pthread_t first, second;
    unsigned long_time = 40, short_time = 15;
    EXPECT_SECONDS(40, {
        pthread_create(&first, NULL, thread_sleep, &long_time);
        pthread_create(&second, NULL, thread_sleep, &short_time);
        pthread_join(second, NULL);
        pthread_join(first, NULL);
    });
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += 77;
    pthread_mutex_lock(&mutex);
    EXPECT_SECONDS(77, EXPECT(pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT));
}

static void run_fork(void)
{
    EXPECT_SECONDS(25, {
        pid_t child = fork();
        if (child == 0) {
            sleep(25);
            _exit(3);
        }
        EXPECT(probe_wait(child) == 3);
    });
}

static void run_exec(void)
{
    EXPECT_SECONDS(100, {
        pid_t child = fork();
        if (child == 0)
            exec_self("started");
        EXPECT(probe_wait(child) == 0);
    });
    EXPECT_SECONDS(100, {
        pid_t child;
        char *args[] = {"clock_probe", "started", NULL};
        EXPECT(posix_spawn(&child, probe_self, NULL, NULL, args, environ) == 0);
        EXPECT(probe_wait(child) == 0);
    });
    EXPECT_SECONDS(100, {
        pid_t child = fork();
        if (child == 0) {
            int fd = open(probe_self, O_RDONLY | O_CLOEXEC);
            char *args[] = {"clock_probe", "started", NULL};
            fexecve(fd, args, environ);
            _exit(99);
        }
        EXPECT(probe_wait(child) == 0);
    });
}

/* The child waits before it starts its program; the parent sleeps in the kernel until it does. */
static void run_vfork(void)
{
    EXPECT_SECONDS(130, {
        pid_t child = vfork();
        if (child == 0) {
            struct timespec time = {30, 0};
            syscall(SYS_nanosleep, &time, NULL);
            exec_self("started");
        }
        EXPECT(probe_wait(child) == 0);
    });
}

static void run_exec_from_thread(void)
{
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_t thread;
            for (int k = 0; k < 10; k++)
                pthread_create(&thread, NULL, thread_pause, NULL);
            for (int k = 0; k < 1 + i % 3; k++)
                pthread_create(&thread, NULL, thread_exec, NULL);
            thread_pause(NULL);
        }
        EXPECT(probe_wait(child) == 0);
    }
}

static void run_exec_fails(void)
{
    char *args[] = {"nothing", NULL};
    pid_t child;
    for (int i = 0; i < 200; i++)
        EXPECT(execv("/nowhere/at-all", args) == -1 && errno == ENOENT);
    EXPECT(posix_spawn(&child, "/nowhere/at-all", NULL, NULL, args, environ) == ENOENT);
    EXPECT_SECONDS(7, sleep(7));
}

static void run_exec_killed(void)
{
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        if (child == 0)
            exec_self("nothing");
        for (volatile int k = 0; k < i * 1000; k++)
            continue;
        if (i % 2 != 0)
            sched_yield();
        kill(child, i % 3 == 0 ? SIGSTOP : SIGKILL);
        if (i % 3 == 0)
            kill(child, SIGCONT);
        int code = probe_wait(child);
        EXPECT(code == 0 || code == 128 + SIGKILL);
    }
}

static void run_exec_signals(void)
{
    pid_t child = fork();
    if (child == 0) {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        raise(SIGTERM);
        raise(SIGUSR1);
        exec_self("started");
    }
    EXPECT(probe_wait(child) == 0);
}

static void run_descriptors(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {64, 64};
        setrlimit(RLIMIT_NOFILE, &limit);
        for (int fd; (fd = dup(1)) >= 0;)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
        exec_self("started");
    }
    EXPECT(probe_wait(child) == 0);
}

/* As root: a program that takes another user's rights. args: a folder where it may lie. */
static void run_setuid(void)
{
    char path[256];
    if (geteuid() != 0 || setgroups(0, NULL) != 0)
        return;
    snprintf(path, sizeof path, "/tmp/clock-probe-setuid-%d", getpid());
    pid_t copier = fork();
    if (copier == 0) {
        execlp("cp", "cp", probe_self, path, (char *)NULL);
        _exit(99);
    }
    EXPECT(probe_wait(copier) == 0);
    if (chown(path, 0, 0) != 0 || chmod(path, 04755) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        if (setresgid(1, 1, 1) != 0 || setresuid(1, 1, 1) != 0)
            _exit(0);
        execl(path, "clock_probe", "started", "0", (char *)NULL);
        _exit(99);
    }
    int code = probe_wait(child);
    unlink(path);
    EXPECT(code == 0);
}

static void run_orphans(void)
{
    for (int i = 0; i < 50; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (fork() == 0)
                sleep(10);
            _exit(0);
        }
        EXPECT(probe_wait(child) == 0);
    }
    sleep(20);
    DIR *folder = opendir("/proc");
    EXPECT(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        long pid = strtol(entry->d_name, NULL, 10); /* none is left, not even as a zombie */
        EXPECT(pid <= 1 || pid == getpid());
    }
    closedir(folder);
}

const struct probe probe_processes[] = {
    {"started", run_started},
    {"nothing", run_nothing},
    {"threads", run_threads},
    {"fork", run_fork},
    {"exec", run_exec},
    {"vfork", run_vfork},
    {"exec_from_thread", run_exec_from_thread},
    {"exec_fails", run_exec_fails},
    {"exec_killed", run_exec_killed},
    {"exec_signals", run_exec_signals},
    {"descriptors", run_descriptors},
    {"setuid", run_setuid},
    {"orphans", run_orphans},
    {NULL, NULL},
};
