/*
 * clock_bench: what the virtual clock costs on this machine. Prints one line of JSON: `read_ns`,
 * nanoseconds of CPU for one clock_gettime() in the world; `wait_ns`, the same for an epoll_wait()
 * with a time limit that finds something at once; `jump_us`, microseconds of real time
 * from one jump to the next in a world whose only program sleeps again and again.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mta-under-test/base/json_out.h"
#include "sim/clock/clock.h"

#include "mta-under-test/base/poison.h"

enum {
    READS = 5000000,
    WAITS = 1000000,
    JUMPS = 20000,
    EXIT_MACHINE = 3,
    JSON_BYTES_MAX = 256,
    US_PER_S = 1000000
};

struct figures {
    double read_ns;
    double wait_ns;
    double jump_us;
    struct err err;
    bool failed;
};

static double clock_now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* In the world: the figure goes out as text on standard input's place, a pipe. */
static int reads_measure(void)
{
    double start = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
    struct timespec now;
    for (int i = 0; i < READS; i++)
        clock_gettime(CLOCK_REALTIME, &now);
    double each = (clock_now_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / READS;
    return write(STDIN_FILENO, &each, sizeof each) == (ssize_t)sizeof each ? 0 : 1;
}

static int waits_measure(void)
{
    int ends[2], epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) != 0)
        return 1;
    double start = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < WAITS; i++) {
        if (i == WAITS / 10) { /* what is done once is done, if the world rests at times */
            poll(NULL, 0, 1000);
            start = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
        }
        epoll_wait(epoll, &event, 1, 1000);
    }
    double each = (clock_now_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / (WAITS - WAITS / 10.0);
    return write(STDIN_FILENO, &each, sizeof each) == (ssize_t)sizeof each ? 0 : 1;
}

static int sleeps_measure(void)
{
    for (int i = 0; i < JUMPS; i++)
        poll(NULL, 0, 1000);
    return 0;
}

/* In PID 1 of a namespace of its own. */
static void world_run(struct figures *figures, char *self, char *what)
{
    struct clock_options options = {.start_us = 1900000000LL * US_PER_S,
                                    .limit_us = 10LL * JUMPS * US_PER_S,
                                    .cpu = -1,
                                    .virtual_time = true};
    struct clock_result result = {0};
    char *argv[] = {self, what, NULL};
    double start = clock_now_ns(CLOCK_MONOTONIC);
    if (mount("proc", "/proc", "proc", 0, NULL) != 0)
        err_set_errno(&figures->err, "cannot mount /proc");
    else if (clock_run(&options, argv, &result, &figures->err) == 0 && result.status == 0)
        figures->failed = false;
    if (result.jumps > 0)
        figures->jump_us = (clock_now_ns(CLOCK_MONOTONIC) - start) / 1e3 / (double)result.jumps;
}

static int world_start(struct figures *figures, char *self, char *what)
{
    figures->failed = true;
    pid_t outer = fork();
    if (outer == 0) {
        if ((geteuid() != 0 && unshare(CLONE_NEWUSER) != 0) ||
            unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
            err_set_errno(&figures->err, "this machine gives no namespaces here");
            _exit(1);
        }
        pid_t init = fork();
        if (init == 0) {
            world_run(figures, self, what);
            _exit(0);
        }
        while (waitpid(init, NULL, 0) < 0 && errno == EINTR)
            continue;
        _exit(0);
    }
    while (waitpid(outer, NULL, 0) < 0 && errno == EINTR)
        continue;
    return figures->failed ? -1 : 0;
}

static int figures_print(const struct figures *figures)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, JSON_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out, NULL);
    json_out_real(&out, "read_ns", figures->read_ns, 1);
    json_out_real(&out, "wait_ns", figures->wait_ns, 1);
    json_out_real(&out, "jump_us", figures->jump_us, 1);
    json_out_end(&out);
    int result = puts(buf_text(&text)) < 0 ? 1 : 0;
    buf_deinit(&text);
    return result;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "reads") == 0)
        return reads_measure();
    if (argc > 1)
        return strcmp(argv[1], "waits") == 0 ? waits_measure() : sleeps_measure();
    struct figures *figures =
        mmap(NULL, sizeof *figures, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ends[2];
    if (figures == MAP_FAILED || pipe(ends) != 0 || dup2(ends[1], STDIN_FILENO) < 0)
        return 1;
    if (clock_supported(&figures->err) != 0 || world_start(figures, argv[0], "reads") != 0 ||
        read(ends[0], &figures->read_ns, sizeof figures->read_ns) < 0 ||
        world_start(figures, argv[0], "waits") != 0 ||
        read(ends[0], &figures->wait_ns, sizeof figures->wait_ns) < 0 ||
        world_start(figures, argv[0], "sleeps") != 0) {
        fprintf(stderr, "clock_bench: %s\n", figures->err.text);
        return EXIT_MACHINE;
    }
    return figures_print(figures);
}
