/* Whole worlds: one that rests for ever, one that spins, one that is busy with itself. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/tool/probe.h"

enum { TIME_LIMIT_MS = 60000 };

static volatile sig_atomic_t children;

static void run_rest(void)
{
    for (;;)
        pause();
}

static void run_spin(void)
{
    for (volatile int i = 0;; i++)
        continue;
}

/* Spins until a child has done something, which can only be if it gets the CPU meanwhile. */
static void run_spin_for_child(void)
{
    volatile int *done =
        mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(done != MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        *done = 1;
        _exit(0);
    }
    while (*done == 0)
        continue;
    EXPECT(probe_wait(child) == 0);
}

static void run_sleeper(void)
{
    for (long i = strtol(probe_args[0], NULL, 10); i > 0; i--)
        poll(NULL, 0, 1000);
}

static void work(unsigned amount)
{
    for (volatile unsigned i = 0; i < amount; i++)
        continue;
}

/* A wait that must never run out, since what it waits for is on its way. */
static void await(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    int result;
    do
        result = poll(&look, 1, TIME_LIMIT_MS);
    while (result < 0 && errno == EINTR);
    EXPECT(result == 1);
}

static void tcp_pair(int pair[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(bind(listener, (struct sockaddr *)&address, bytes) == 0 && listen(listener, 5) == 0);
    getsockname(listener, (struct sockaddr *)&address, &bytes);
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(connect(pair[0], (struct sockaddr *)&address, bytes) == 0);
    pair[1] = accept(listener, NULL, NULL);
    close(listener);
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static bool receive(int fd, char *bytes, size_t len)
{
    for (size_t got = 0; got < len;) {
        await(fd);
        ssize_t result = read(fd, bytes + got, len - got);
        if (result <= 0)
            return false;
        got += (size_t)result;
    }
    return true;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        ssize_t result = write(fd, bytes + sent, len - sent);
        EXPECT(result > 0);
        sent += (size_t)result;
    }
}

static void exchange(bool tcp, int rounds, size_t len)
{
    int pair[2];
    char *bytes = calloc(1, len);
    EXPECT(bytes != NULL);
    if (tcp)
        tcp_pair(pair);
    else
        EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(pair[0]);
        while (receive(pair[1], bytes, len))
            send_all(pair[1], bytes, len);
        _exit(0);
    }
    close(pair[1]);
    for (int i = 0; i < rounds; i++) {
        send_all(pair[0], bytes, len);
        EXPECT(receive(pair[0], bytes, len));
    }
    close(pair[0]);
    EXPECT(probe_wait(child) == 0);
    free(bytes);
}

static void on_child(int signal)
{
    (void)signal;
    children++;
}

static _Noreturn void child_end(int kind)
{
    int pair[2];
    if (kind == 0)
        work((unsigned)rand() % 20000);
    if (kind == 1)
        execl(probe_self, "clock_probe", "nothing", (char *)NULL);
    if (kind == 2) { /* much memory to give up: all of it at the exit */
        static void *memory;
        size_t bytes = 16 << 20;
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED)
            memset(memory, 1, bytes);
    }
    for (int i = 0; kind == 3 && i < 10; i++) /* many sockets to close */
        tcp_pair(pair);
    _exit(0);
}

/* Waits for the end of a child in the way of a server: a handler, and a wait with a time limit. */
static void await_children(int rounds, int kind)
{
    for (int i = 0; i < rounds; i++) {
        sigset_t child_signal, old, none;
        sigemptyset(&none);
        sigemptyset(&child_signal);
        sigaddset(&child_signal, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child_signal, &old);
        children = 0;
        pid_t child = fork();
        if (child == 0)
            child_end(kind);
        struct timespec time = {TIME_LIMIT_MS / 1000, 0};
        while (children == 0)
            EXPECT(ppoll(NULL, 0, &time, &none) != 0);
        sigprocmask(SIG_SETMASK, &old, NULL);
        EXPECT(probe_wait(child) == 0);
    }
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static bool done;

static void *thread_run(void *context)
{
    work((unsigned)rand() % 5000);
    pthread_mutex_lock(&mutex);
    done = true;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return context;
}

static void await_threads(int rounds)
{
    for (int i = 0; i < rounds; i++) {
        pthread_t thread;
        struct timespec time;
        clock_gettime(CLOCK_REALTIME, &time);
        time.tv_sec += TIME_LIMIT_MS / 1000;
        done = false;
        EXPECT(pthread_create(&thread, NULL, thread_run, NULL) == 0);
        pthread_mutex_lock(&mutex);
        while (!done)
            EXPECT(pthread_cond_timedwait(&condition, &mutex, &time) == 0);
        pthread_mutex_unlock(&mutex);
        pthread_join(thread, NULL);
    }
}

/* The child waits for a disk, if there is one. */
static void await_disk(int rounds)
{
    static char bytes[65536];
    for (int i = 0; i < rounds; i++) {
        int ends[2];
        EXPECT(pipe(ends) == 0);
        pid_t child = fork();
        if (child == 0) {
            char name[] = "/var/tmp/clock-probe-XXXXXX";
            int fd = mkstemp(name);
            EXPECT(fd >= 0 && unlink(name) == 0);
            EXPECT(write(fd, bytes, sizeof bytes) == sizeof bytes);
            fsync(fd);
            EXPECT(write(ends[1], "x", 1) == 1);
            _exit(0);
        }
        await(ends[0]);
        EXPECT(probe_wait(child) == 0);
        close(ends[0]);
        close(ends[1]);
    }
}

static void job_run(int job, int rounds)
{
    signal(SIGCHLD, on_child);
    srand((unsigned)job);
    switch (job) {
    case 0:
        exchange(true, 100 * rounds, 10);
        break;
    case 1:
        exchange(true, 10 * rounds, 100000);
        break;
    case 2:
        exchange(false, 100 * rounds, 10);
        break;
    case 3:
        await_threads(20 * rounds);
        break;
    case 4:
        await_disk(rounds);
        break;
    default:
        await_children((job == 7 ? 2 : 10) * rounds, job - 5);
        break;
    }
}

/* Every job alone, then all at once: in no case may any time pass. */
static void run_stress(void)
{
    enum { JOBS = 9 };
    int rounds = (int)strtol(probe_args[0], NULL, 10);
    for (int job = 0; job < JOBS; job++)
        job_run(job, rounds);
    pid_t child[JOBS];
    for (int job = 0; job < JOBS; job++) {
        child[job] = fork();
        if (child[job] == 0) {
            job_run(job, rounds);
            _exit(0);
        }
    }
    for (int job = 0; job < JOBS; job++)
        EXPECT(probe_wait(child[job]) == 0);
}

const struct probe probe_worlds[] = {
    {"rest", run_rest},       {"spin", run_spin},     {"spin-for-child", run_spin_for_child},
    {"sleeper", run_sleeper}, {"stress", run_stress}, {NULL, NULL},
};
