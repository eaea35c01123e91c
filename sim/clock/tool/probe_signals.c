/* Signals and handlers around the clock's own two. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/tool/probe.h"

static volatile sig_atomic_t seen;

static void on_signal(int signal)
{
    (void)signal;
    seen++;
}

static void on_sleepy(int signal)
{
    (void)signal;
    seen++;
    sleep(50);
}

static void handler_set(int signal, void (*handler)(int), int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigfillset(&action.sa_mask);
    EXPECT(sigaction(signal, &action, NULL) == 0);
}

static void run_all_blocked(void)
{
    sigset_t all, old, now;
    sigfillset(&all);
    EXPECT(sigprocmask(SIG_SETMASK, &all, &old) == 0);
    EXPECT_SECONDS(9, sleep(9));
    EXPECT(sigprocmask(SIG_SETMASK, &old, &now) == 0);
    EXPECT(sigismember(&now, SIGUSR1) && sigismember(&now, SIGTERM));
    EXPECT(syscall(SYS_rt_sigprocmask, SIG_SETMASK, 16, NULL, 8) == -1 && errno == EFAULT);
}

static void run_handler_sleeps(void)
{
    handler_set(SIGUSR1, on_sleepy, 0);
    EXPECT_SECONDS(50, raise(SIGUSR1));
    EXPECT(seen == 1);
}

/* A wait is interrupted by a handler that itself waits, shorter and longer than the outer wait. */
static void run_nested(void)
{
    handler_set(SIGALRM, on_sleepy, 0);
    alarm(20);
    struct pollfd none = {.fd = -1};
    EXPECT_SECONDS(70, {
        int result = poll(&none, 1, 600000);
        EXPECT(result == -1 && errno == EINTR);
    });
    alarm(20);
    EXPECT_SECONDS(70, poll(&none, 1, 40000));
    EXPECT(seen == 2);
    EXPECT_SECONDS(5, sleep(5));
}

static void run_interrupted(void)
{
    handler_set(SIGALRM, on_signal, SA_RESTART);
    struct timespec time = {100, 0}, left = {0, 0};
    alarm(30);
    EXPECT_SECONDS(30, EXPECT(nanosleep(&time, &left) == -1 && errno == EINTR));
    EXPECT(left.tv_sec == 70);
    alarm(30);
    EXPECT_SECONDS(30, EXPECT(poll(NULL, 0, 100000) == -1 && errno == EINTR));
}

static void run_sigsuspend(void)
{
    handler_set(SIGALRM, on_sleepy, 0);
    sigset_t all_but;
    sigfillset(&all_but);
    sigdelset(&all_but, SIGALRM);
    alarm(10);
    EXPECT_SECONDS(60, EXPECT(sigsuspend(&all_but) == -1 && errno == EINTR));
    alarm(10);
    EXPECT_SECONDS(60, EXPECT(ppoll(NULL, 0, NULL, &all_but) == -1 && errno == EINTR));
}

static void run_own_signals(void)
{
    struct sigaction old;
    EXPECT(signal(SIGSYS, SIG_IGN) != SIG_ERR);
    EXPECT(sigaction(62, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    EXPECT_SECONDS(10, sleep(10));
}

static void run_stopped(void)
{
    pid_t child = fork();
    if (child == 0) {
        sleep(10);
        _exit(0);
    }
    sleep(1);
    kill(child, SIGSTOP);
    EXPECT_SECONDS(100, sleep(100)); /* a stopped task rests */
    kill(child, SIGCONT);
    EXPECT_SECONDS(0, EXPECT(probe_wait(child) == 0));
}

/* What each of the calls says of `fd` after at most 20 seconds. */
static int ready_within_20_s(int way, int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    struct timeval time = {20, 0};
    struct epoll_event event = {.events = EPOLLIN};
    fd_set set;
    if (way == 0)
        return poll(&look, 1, 20000);
    if (way == 1) {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        int result = select(fd + 1, &set, NULL, NULL, &time);
        return result == 1 && FD_ISSET(fd, &set) ? 1 : 0;
    }
    int epoll = epoll_create1(0);
    EXPECT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
    return epoll_wait(epoll, &event, 1, 20000);
}

/* A task that was stopped over its deadline is told what came before it, as by the kernel. */
static void run_stopped_poll(void)
{
    for (int way = 0; way < 3; way++) {
        int ends[2];
        EXPECT(pipe(ends) == 0);
        pid_t child = fork();
        if (child == 0)
            _exit(ready_within_20_s(way, ends[0]) == 1 ? 0 : 1);
        sleep(1);
        kill(child, SIGSTOP);
        sleep(5);
        EXPECT(write(ends[1], "x", 1) == 1);
        sleep(100);
        kill(child, SIGCONT);
        EXPECT_SECONDS(0, EXPECT(probe_wait(child) == 0));
    }
}

const struct probe probe_signals[] = {
    {"all_blocked", run_all_blocked},
    {"handler_sleeps", run_handler_sleeps},
    {"nested", run_nested},
    {"interrupted", run_interrupted},
    {"sigsuspend", run_sigsuspend},
    {"own_signals", run_own_signals},
    {"stopped", run_stopped},
    {"stopped_poll", run_stopped_poll},
    {NULL, NULL},
};
