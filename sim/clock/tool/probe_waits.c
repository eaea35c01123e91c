/* Calls that wait for a time, each by its number, since libraries choose among them. */
#include <errno.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/clock/tool/probe.h"

static void *const bad = (void *)16;

/* Something that never becomes readable. */
static int quiet_pipe(void)
{
    int ends[2];
    EXPECT(pipe(ends) == 0);
    return ends[0];
}

static void run_poll(void)
{
    struct pollfd look = {.fd = quiet_pipe(), .events = POLLIN};
    EXPECT_SECONDS(3600, EXPECT(syscall(SYS_poll, &look, 1, 3600000) == 0));
    EXPECT_SECONDS(0, EXPECT(syscall(SYS_poll, &look, 1, 0) == 0));
    EXPECT(syscall(SYS_poll, bad, 1, 1000) == -1 && errno == EFAULT);
}

static void run_ppoll(void)
{
    struct pollfd look = {.fd = quiet_pipe(), .events = POLLIN};
    struct timespec time = {100, 500000000}, none = {0, 0}, wrong = {0, 1000000000};
    sigset_t set;
    sigfillset(&set);
    EXPECT_SECONDS(100.5, EXPECT(syscall(SYS_ppoll, &look, 1, &time, &set, 8) == 0));
    EXPECT(time.tv_sec == 0 && time.tv_nsec == 0);
    EXPECT_SECONDS(0, EXPECT(syscall(SYS_ppoll, &look, 1, &none, NULL, 8) == 0));
    EXPECT(syscall(SYS_ppoll, &look, 1, &wrong, NULL, 8) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_ppoll, &look, 1, bad, NULL, 8) == -1 && errno == EFAULT);
    EXPECT(syscall(SYS_ppoll, &look, 1, &none, bad, 8) == -1 && errno == EFAULT);
}

static int quiet_epoll(void)
{
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    EXPECT(epoll_ctl(epoll, EPOLL_CTL_ADD, quiet_pipe(), &event) == 0);
    return epoll;
}

static void run_epoll_wait(void)
{
    int epoll = quiet_epoll();
    struct epoll_event event;
    EXPECT_SECONDS(7200, EXPECT(syscall(SYS_epoll_wait, epoll, &event, 1, 7200000) == 0));
    EXPECT_SECONDS(0, EXPECT(syscall(SYS_epoll_wait, epoll, &event, 1, 0) == 0));
    EXPECT(syscall(SYS_epoll_wait, -1, &event, 1, 1000) == -1 && errno == EBADF);
}

static void run_epoll_pwait(void)
{
    int epoll = quiet_epoll();
    struct epoll_event event;
    sigset_t set;
    sigfillset(&set);
    EXPECT_SECONDS(5, EXPECT(syscall(SYS_epoll_pwait, epoll, &event, 1, 5000, &set, 8) == 0));
    EXPECT_SECONDS(5, EXPECT(syscall(SYS_epoll_pwait, epoll, &event, 1, 5000, NULL, 8) == 0));
    EXPECT_SECONDS(0, EXPECT(syscall(SYS_epoll_pwait, epoll, &event, 1, 0, &set, 8) == 0));
    EXPECT(syscall(SYS_epoll_pwait, epoll, &event, 1, 5000, bad, 8) == -1 && errno == EFAULT);
}

static void run_epoll_pwait2(void)
{
    int epoll = quiet_epoll();
    struct epoll_event event;
    struct timespec time = {9, 250000000}, none = {0, 0};
    EXPECT_SECONDS(9.25, EXPECT(syscall(SYS_epoll_pwait2, epoll, &event, 1, &time, NULL, 8) == 0));
    EXPECT_SECONDS(0, EXPECT(syscall(SYS_epoll_pwait2, epoll, &event, 1, &none, NULL, 8) == 0));
    EXPECT(syscall(SYS_epoll_pwait2, epoll, &event, 1, bad, NULL, 8) == -1 && errno == EFAULT);
}

static void run_select(void)
{
    int fd = quiet_pipe();
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    struct timeval time = {50, 0};
    EXPECT_SECONDS(50, EXPECT(syscall(SYS_select, fd + 1, &set, NULL, NULL, &time) == 0));
    EXPECT(!FD_ISSET(fd, &set) && time.tv_sec == 0);
    EXPECT_SECONDS(0, EXPECT(syscall(SYS_select, fd + 1, &set, NULL, NULL, &time) == 0));
    EXPECT(syscall(SYS_select, fd + 1, &set, NULL, NULL, bad) == -1 && errno == EFAULT);
}

static void run_pselect6(void)
{
    int fd = quiet_pipe();
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    struct timespec time = {50, 0};
    sigset_t signals;
    sigfillset(&signals);
    EXPECT_SECONDS(50, EXPECT(pselect(fd + 1, &set, NULL, NULL, &time, &signals) == 0));
    EXPECT(!FD_ISSET(fd, &set));
    time = (struct timespec){0, 0};
    EXPECT_SECONDS(0, EXPECT(pselect(fd + 1, &set, NULL, NULL, &time, NULL) == 0));
    EXPECT(syscall(SYS_pselect6, fd + 1, &set, NULL, NULL, &time, bad) == -1 && errno == EFAULT);
}

static void run_nanosleep(void)
{
    struct timespec time = {86400, 1000000}, wrong = {0, -1};
    EXPECT_SECONDS(86400.001, EXPECT(syscall(SYS_nanosleep, &time, NULL) == 0));
    EXPECT(syscall(SYS_nanosleep, &wrong, NULL) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_nanosleep, bad, NULL) == -1 && errno == EFAULT);
}

static void run_clock_nanosleep(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += 10;
    EXPECT_SECONDS(10, EXPECT(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL) == 0));
    EXPECT_SECONDS(0, EXPECT(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL) == 0));
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += 10;
    EXPECT_SECONDS(10, EXPECT(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == 0));
    time = (struct timespec){3, 0};
    EXPECT_SECONDS(3, EXPECT(clock_nanosleep(CLOCK_BOOTTIME, 0, &time, NULL) == 0));
}

static void run_futex(void)
{
    uint32_t word = 0;
    struct timespec time = {77, 0};
    EXPECT_SECONDS(77, EXPECT(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &time, NULL, 0) == -1 &&
                              errno == ETIMEDOUT));
    EXPECT(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &time, NULL, 0) == -1 && errno == EAGAIN);
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += 33;
    EXPECT_SECONDS(33, EXPECT(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0,
                                      &time, NULL, FUTEX_BITSET_MATCH_ANY) == -1 &&
                              errno == ETIMEDOUT));
    EXPECT(syscall(SYS_futex, &word, FUTEX_WAIT, 0, bad, NULL, 0) == -1 && errno == EFAULT);
    uint32_t held = 1; /* by task 1, which does not give it */
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += 4;
    EXPECT_SECONDS(4, EXPECT(syscall(SYS_futex, &held, FUTEX_LOCK_PI, 0, &time, NULL, 0) == -1));
}

static void run_rt_sigtimedwait(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct timespec time = {11, 0}, none = {0, 0};
    EXPECT_SECONDS(11, EXPECT(sigtimedwait(&set, NULL, &time) == -1 && errno == EAGAIN));
    EXPECT_SECONDS(0, EXPECT(sigtimedwait(&set, NULL, &none) == -1 && errno == EAGAIN));
    raise(SIGUSR1);
    EXPECT_SECONDS(0, EXPECT(sigtimedwait(&set, NULL, &none) == SIGUSR1));
    raise(SIGUSR1);
    EXPECT_SECONDS(0, EXPECT(sigwaitinfo(&set, NULL) == SIGUSR1));
}

static void run_semtimedop(void)
{
    int id = semget(IPC_PRIVATE, 1, 0600);
    EXPECT(id >= 0);
    struct sembuf down = {.sem_op = -1};
    struct timespec time = {21, 0};
    EXPECT_SECONDS(21,
                   EXPECT(syscall(SYS_semtimedop, id, &down, 1, &time) == -1 && errno == EAGAIN));
    semctl(id, 0, IPC_RMID);
}

static void run_mq_timed(void)
{
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char name[64], bytes[8] = "x";
    snprintf(name, sizeof name, "/clock-probe-%d", getpid());
    mqd_t queue = mq_open(name, O_CREAT | O_RDWR | O_EXCL, 0600, &attributes);
    if (queue < 0)
        return; /* no message queues here */
    mq_unlink(name);
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += 15;
    EXPECT_SECONDS(
        15, EXPECT(mq_timedreceive(queue, bytes, 8, NULL, &time) == -1 && errno == ETIMEDOUT));
    EXPECT(mq_timedsend(queue, bytes, 1, 0, &time) == 0); /* there is room: no wait */
    time.tv_sec += 15;
    EXPECT_SECONDS(15, EXPECT(mq_timedsend(queue, bytes, 1, 0, &time) == -1 && errno == ETIMEDOUT));
}

static void run_socket_limits(void)
{
    int pair[2];
    char byte;
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct timeval time = {30, 500000}, back = {0, 0};
    socklen_t bytes = sizeof back;
    EXPECT(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0);
    EXPECT(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &back, &bytes) == 0);
    EXPECT(back.tv_sec == 30 && labs(back.tv_usec - 500000) < 20000);
    EXPECT_SECONDS(30.5, EXPECT(read(pair[0], &byte, 1) == -1 && errno == EAGAIN));
    EXPECT_SECONDS(30.5, EXPECT(recv(pair[0], &byte, 1, 0) == -1 && errno == EAGAIN));
    EXPECT(write(pair[1], "x", 1) == 1);
    EXPECT_SECONDS(0, EXPECT(read(pair[0], &byte, 1) == 1));
    EXPECT(setsockopt(pair[1], SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0);
    EXPECT_SECONDS(30.5,
                   while (send(pair[1], bad == NULL ? "" : (char[4096]){0}, 4096, 0) > 0) continue);
    EXPECT(errno == EAGAIN);
}

const struct probe probe_waits[] = {
    {"poll", run_poll},
    {"ppoll", run_ppoll},
    {"epoll_wait", run_epoll_wait},
    {"epoll_pwait", run_epoll_pwait},
    {"epoll_pwait2", run_epoll_pwait2},
    {"select", run_select},
    {"pselect6", run_pselect6},
    {"nanosleep", run_nanosleep},
    {"clock_nanosleep", run_clock_nanosleep},
    {"futex", run_futex},
    {"rt_sigtimedwait", run_rt_sigtimedwait},
    {"semtimedop", run_semtimedop},
    {"mq_timed", run_mq_timed},
    {"socket_limits", run_socket_limits},
    {NULL, NULL},
};
