#include "sim/clock/clock_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "sim/clock/clock_descriptor.h"
#include "sim/clock/clock_page.h"

#include "mta-under-test/base/poison.h"

enum { TEXT_BYTES = 160, NS_PER_US = 1000 };

/* The calls that such a limit holds for, and what they return when it is reached. */
static const struct limited {
    long number;
    int option;
    int answer;
} limited[] = {
    {SYS_read, SO_RCVTIMEO, EAGAIN},         {SYS_readv, SO_RCVTIMEO, EAGAIN},
    {SYS_recvfrom, SO_RCVTIMEO, EAGAIN},     {SYS_recvmsg, SO_RCVTIMEO, EAGAIN},
    {SYS_recvmmsg, SO_RCVTIMEO, EAGAIN},     {SYS_accept, SO_RCVTIMEO, EAGAIN},
    {SYS_accept4, SO_RCVTIMEO, EAGAIN},      {SYS_write, SO_SNDTIMEO, EAGAIN},
    {SYS_writev, SO_SNDTIMEO, EAGAIN},       {SYS_sendto, SO_SNDTIMEO, EAGAIN},
    {SYS_sendmsg, SO_SNDTIMEO, EAGAIN},      {SYS_sendmmsg, SO_SNDTIMEO, EAGAIN},
    {SYS_connect, SO_SNDTIMEO, EINPROGRESS},
};

static bool file_read(const struct clock_task *task, const char *name, char text[TEXT_BYTES])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", task->pid, task->tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, text, TEXT_BYTES - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* How many times the task has run: the third number of its schedstat. */
static uint64_t runs_of(const struct clock_task *task)
{
    char text[TEXT_BYTES];
    if (!file_read(task, "schedstat", text))
        return 0;
    const char *last = strrchr(text, ' ');
    return last != NULL ? strtoull(last, NULL, 10) : 0;
}

/* The limit of descriptor `fd` of the task; 0 = none, or no socket. */
static uint64_t limit_of(const struct clock_task *task, int number, int option)
{
    int fd = clock_descriptor_take(task->pid, number);
    struct timeval time = {0, 0};
    socklen_t bytes = sizeof time;
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, option, &time, &bytes) != 0)
        time.tv_sec = 0;
    if (fd >= 0)
        close(fd);
    if (time.tv_sec < CLOCK_SOCKET_FAR_S)
        return 0;
    return (uint64_t)(time.tv_sec - CLOCK_SOCKET_FAR_S) * CLOCK_NS_PER_S +
           (uint64_t)time.tv_usec * NS_PER_US;
}

/* /proc/TID/syscall: the call's number, then its arguments, the first being the descriptor. */
static const struct limited *call_of(const struct clock_task *task, int *descriptor)
{
    char text[TEXT_BYTES], *end;
    if (!file_read(task, "syscall", text) || text[0] < '0' || text[0] > '9')
        return NULL;
    long number = strtol(text, &end, 10);
    *descriptor = (int)strtoull(end, NULL, 16);
    for (size_t i = 0; i < sizeof limited / sizeof limited[0]; i++)
        if (limited[i].number == number)
            return &limited[i];
    return NULL;
}

void clock_socket_look(struct clock_tasks *tasks, uint64_t now_ns)
{
    for (size_t i = 0; i < tasks->count; i++) {
        struct clock_task *task = &tasks->list[i];
        uint64_t runs = runs_of(task);
        if (runs == task->runs && runs != 0)
            continue; /* it still waits as it did */
        task->runs = runs;
        task->socket_deadline_ns = 0;
        int descriptor = -1;
        const struct limited *call = call_of(task, &descriptor);
        if (call == NULL)
            continue;
        uint64_t limit = limit_of(task, descriptor, call->option);
        if (limit == 0)
            continue;
        task->socket_deadline_ns = now_ns + limit;
        task->socket_answer = call->answer;
    }
}

size_t clock_socket_next(const struct clock_tasks *tasks)
{
    size_t first = tasks->count;
    for (size_t i = 0; i < tasks->count; i++) {
        const struct clock_task *task = &tasks->list[i];
        if (task->socket_deadline_ns == 0)
            continue;
        const struct clock_task *best = first < tasks->count ? &tasks->list[first] : NULL;
        if (best == NULL || task->socket_deadline_ns < best->socket_deadline_ns ||
            (task->socket_deadline_ns == best->socket_deadline_ns && task->tid < best->tid))
            first = i;
    }
    return first;
}

void clock_socket_fire(struct clock_tasks *tasks, size_t i)
{
    struct clock_task *task = &tasks->list[i];
    siginfo_t info = {.si_signo = CLOCK_SIGNAL, .si_code = SI_QUEUE};
    info.si_value.sival_int = task->socket_answer;
    task->socket_deadline_ns = 0;
    syscall(SYS_rt_tgsigqueueinfo, task->pid, task->tid, CLOCK_SIGNAL, &info);
}
