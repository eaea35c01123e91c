/* Timers, clocks, and what else tells the time. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <unistd.h>

#include "sim/clock/clock_page.h"
#include "sim/clock/tool/probe.h"

static void *const bad = (void *)16;
static volatile sig_atomic_t alarms, value_seen;

static void on_alarm(int signal)
{
    (void)signal;
    alarms++;
}

static void on_value(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    alarms++;
    value_seen = info->si_value.sival_int;
}

static void run_alarm(void)
{
    signal(SIGALRM, on_alarm);
    EXPECT_SECONDS(1000, syscall(SYS_alarm, 1000); pause());
    EXPECT(alarms == 1);
    syscall(SYS_alarm, 100);
    EXPECT(syscall(SYS_alarm, 0) == 100);
    EXPECT_SECONDS(200, sleep(200));
    EXPECT(alarms == 1);
}

static void run_setitimer(void)
{
    signal(SIGALRM, on_alarm);
    struct itimerval timer = {{2, 0}, {0, 500000}}, now;
    EXPECT(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    EXPECT_SECONDS(4.5, while (alarms < 3) pause());
    EXPECT(getitimer(ITIMER_REAL, &now) == 0 && now.it_value.tv_sec == 2);
    memset(&timer, 0, sizeof timer);
    EXPECT(setitimer(ITIMER_REAL, &timer, &now) == 0 && now.it_interval.tv_sec == 2);
    EXPECT(syscall(SYS_setitimer, ITIMER_REAL, bad, NULL) == -1 && errno == EFAULT);
    EXPECT(syscall(SYS_getitimer, ITIMER_REAL, bad) == -1 && errno == EFAULT);
}

static void run_timerfd(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec timer = {{30, 0}, {60, 0}}, now;
    uint64_t count;
    EXPECT(timerfd_settime(fd, 0, &timer, NULL) == 0);
    EXPECT(timerfd_gettime(fd, &now) == 0 && now.it_value.tv_sec == 60);
    EXPECT_SECONDS(60, EXPECT(read(fd, &count, 8) == 8 && count == 1));
    EXPECT_SECONDS(30, EXPECT(read(fd, &count, 8) == 8 && count == 1));
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    timer = (struct itimerspec){{0, 0}, {at.tv_sec + 7, at.tv_nsec}};
    EXPECT(timerfd_settime(fd, TFD_TIMER_ABSTIME, &timer, NULL) == 0);
    EXPECT_SECONDS(7, EXPECT(read(fd, &count, 8) == 8));
    EXPECT(timerfd_settime(fd, 0, bad, NULL) == -1 && errno == EFAULT);
    EXPECT(timerfd_settime(0, 0, &timer, NULL) == -1);
}

/* Set by a process that ends; its child waits for it. */
static void run_timerfd_child(void)
{
    int done[2];
    EXPECT(pipe(done) == 0);
    pid_t setter = fork();
    if (setter == 0) {
        int fd = timerfd_create(CLOCK_REALTIME, 0);
        struct itimerspec timer = {{0, 0}, {60, 0}};
        EXPECT(timerfd_settime(fd, 0, &timer, NULL) == 0);
        if (fork() != 0)
            _exit(0);
        uint64_t count;
        EXPECT(read(fd, &count, 8) == 8 && write(done[1], "x", 1) == 1);
        _exit(0);
    }
    char byte;
    close(done[1]);
    EXPECT_SECONDS(60, EXPECT(probe_wait(setter) == 0 && read(done[0], &byte, 1) == 1));
}

static void run_timer_create(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_value;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR2, &action, NULL);
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR2;
    event.sigev_value.sival_int = 42;
    timer_t timer;
    struct itimerspec time = {{10, 0}, {20, 0}}, now;
    EXPECT(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    EXPECT(timer_settime(timer, 0, &time, NULL) == 0);
    EXPECT(timer_gettime(timer, &now) == 0 && now.it_value.tv_sec == 20);
    EXPECT_SECONDS(40, while (alarms < 3) pause());
    EXPECT(value_seen == 42);
    EXPECT(timer_delete(timer) == 0);
    EXPECT_SECONDS(100, sleep(100));
    EXPECT(alarms == 3);
}

static void run_clocks(void)
{
    struct timespec time;
    struct timeval day;
    EXPECT_SECONDS(0, (void)0);
    EXPECT(syscall(SYS_clock_gettime, CLOCK_REALTIME, &time) == 0);
    EXPECT(gettimeofday(&day, NULL) == 0 && day.tv_sec == time.tv_sec);
    EXPECT(syscall(SYS_gettimeofday, &day, NULL) == 0 && day.tv_sec == time.tv_sec);
    EXPECT(labs(day.tv_sec - time.tv_sec) == 0);
    EXPECT(syscall(SYS_time, NULL) == time.tv_sec);
    EXPECT(syscall(SYS_clock_gettime, CLOCK_REALTIME, bad) == -1 && errno == EFAULT);
    EXPECT(syscall(SYS_gettimeofday, bad, NULL) == -1 && errno == EFAULT);
    EXPECT(syscall(SYS_time, bad) == -1 && errno == EFAULT);
    EXPECT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 && time.tv_sec < 100);
    time = (struct timespec){1, 0};
    EXPECT(clock_settime(CLOCK_REALTIME, &time) == -1 && errno == EPERM);
}

static void run_uptime(void)
{
    struct sysinfo before, after;
    struct tms used;
    EXPECT(sysinfo(&before) == 0);
    clock_t ticks = times(&used);
    EXPECT_SECONDS(500, sleep(500));
    EXPECT(sysinfo(&after) == 0 && after.uptime - before.uptime == 500);
    EXPECT(times(&used) - ticks == 500 * sysconf(_SC_CLK_TCK));
}

static void run_file_times(void)
{
    char name[64];
    struct stat status;
    snprintf(name, sizeof name, "/tmp/clock-probe-%d", getpid());
    sleep(3600);
    time_t made = time(NULL);
    int fd = open(name, O_CREAT | O_WRONLY | O_EXCL, 0600);
    EXPECT(fd >= 0);
    unlink(name);
    usleep(20000); /* virtual: to the kernel no time passes */
    EXPECT(fstat(fd, &status) == 0);
    EXPECT(status.st_mtime >= made && status.st_mtime <= made + 1);
    struct statx extended;
    EXPECT(syscall(SYS_statx, fd, "", 0x1000, 0x7ff, &extended) == 0);
    EXPECT(extended.stx_mtime.tv_sec == status.st_mtime);
    struct timespec set[2] = {{1234567890, 0}, {1234567890, 0}};
    EXPECT(futimens(fd, set) == 0 && fstat(fd, &status) == 0);
    EXPECT(status.st_mtime == 1234567890);
    EXPECT(syscall(SYS_fstat, fd, bad) == -1 && errno == EFAULT);
    EXPECT(stat("/nowhere/at-all", &status) == -1 && errno == ENOENT);
}

static void run_getrandom(void)
{
    unsigned char bytes[24];
    EXPECT(getrandom(bytes, sizeof bytes, 0) == sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        printf("%02x", bytes[i]);
    printf("\n");
    EXPECT(syscall(SYS_getrandom, bad, 8, 0) == -1 && errno == EFAULT);
}

/* What is flushed to a disk with trouble takes a while, or fails; other disks are well. */
static void run_disk(void)
{
    char path[] = "/tmp/clock-probe-XXXXXX";
    int fd = mkstemp(path);
    int other = memfd_create("other", 0);
    struct stat status;
    EXPECT(fd >= 0 && other >= 0 && fstat(fd, &status) == 0 && unlink(path) == 0);
    EXPECT(syscall(CLOCK_NR_DISK, CLOCK_PASS, status.st_dev, 20 * CLOCK_NS_PER_S, 0) == 0);
    EXPECT_SECONDS(20, EXPECT(fsync(fd) == 0));
    EXPECT_SECONDS(20, EXPECT(fdatasync(fd) == 0));
    EXPECT_SECONDS(0, EXPECT(fsync(other) == 0));
    EXPECT_SECONDS(0, EXPECT(fsync(-1) == -1 && errno == EBADF));
    EXPECT(syscall(CLOCK_NR_DISK, CLOCK_PASS, status.st_dev, 0ul, EIO) == 0);
    EXPECT_SECONDS(0, EXPECT(fsync(fd) == -1 && errno == EIO));
    EXPECT(write(fd, "x", 1) == 1);
    EXPECT(syscall(CLOCK_NR_DISK, CLOCK_PASS, 0ul, 0ul, 0ul) == 0);
    EXPECT_SECONDS(0, EXPECT(fsync(fd) == 0));
}

const struct probe probe_timers[] = {
    {"alarm", run_alarm},
    {"setitimer", run_setitimer},
    {"timerfd", run_timerfd},
    {"timerfd_child", run_timerfd_child},
    {"timer_create", run_timer_create},
    {"clocks", run_clocks},
    {"uptime", run_uptime},
    {"file_times", run_file_times},
    {"getrandom", run_getrandom},
    {"disk", run_disk},
    {NULL, NULL},
};
