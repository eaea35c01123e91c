#include "sim/clock/clock_proc.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

enum { LOADAVG_BYTES = 160, NUMBER_MAX = 1 << 24, BACKLOG_FIELD = 11, CPU_FIELD = 12 };

pid_t clock_proc_number(const char *name)
{
    pid_t number = 0;
    if (*name == '\0')
        return -1;
    for (; *name != '\0'; name++) {
        if (*name < '0' || *name > '9' || number > NUMBER_MAX)
            return -1;
        number = number * 10 + (*name - '0');
    }
    return number;
}

long clock_proc_newest(int loadavg_fd)
{
    char text[LOADAVG_BYTES];
    ssize_t got = pread(loadavg_fd, text, sizeof text - 1, 0);
    if (got <= 0)
        return -1;
    text[got] = '\0';
    const char *last = strrchr(text, ' ');
    return last != NULL ? strtol(last, NULL, 10) : -1;
}

char clock_proc_state(const char *text, size_t len)
{
    const char *end = memrchr(text, ')', len); /* a name may hold brackets */
    return end != NULL && end + 2 < text + len ? end[2] : 'R';
}

/* The line's hexadecimal fields 11 and 12; false if it is shorter. */
static int line_read(const char *line, const char *end, uint32_t fields[CPU_FIELD + 1])
{
    int count = 0;
    while (count <= CPU_FIELD && line < end) {
        uint32_t value = 0;
        const char *start = line;
        for (; line < end && *line != ' '; line++) {
            int digit = *line >= 'a' ? *line - 'a' + 10 : *line - '0';
            if (digit < 0 || digit > 15)
                return count;
            value = value << 4 | (uint32_t)digit;
        }
        if (line == start)
            return count;
        fields[count++] = value;
        line++;
    }
    return count;
}

long clock_proc_backlog(const char *text, size_t len, int cpu)
{
    const char *end = text + len;
    for (const char *line = text; line < end;) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            return -1;
        uint32_t fields[CPU_FIELD + 1];
        if (line_read(line, line_end, fields) <= CPU_FIELD)
            return -1;
        if (fields[CPU_FIELD] == (uint32_t)cpu)
            return (long)fields[BACKLOG_FIELD];
        line = line_end + 1;
    }
    return -1;
}

const char *clock_proc_call_name(long number)
{
    static const struct {
        long number;
        const char *name;
    } calls[] = {
        {SYS_read, "read"},
        {SYS_write, "write"},
        {SYS_readv, "readv"},
        {SYS_writev, "writev"},
        {SYS_recvfrom, "recvfrom"},
        {SYS_recvmsg, "recvmsg"},
        {SYS_sendto, "sendto"},
        {SYS_sendmsg, "sendmsg"},
        {SYS_accept, "accept"},
        {SYS_accept4, "accept4"},
        {SYS_connect, "connect"},
        {SYS_poll, "poll"},
        {SYS_ppoll, "ppoll"},
        {SYS_select, "select"},
        {SYS_pselect6, "pselect6"},
        {SYS_epoll_wait, "epoll_wait"},
        {SYS_epoll_pwait, "epoll_pwait"},
        {SYS_futex, "futex"},
        {SYS_wait4, "wait4"},
        {SYS_waitid, "waitid"},
        {SYS_pause, "pause"},
        {SYS_rt_sigsuspend, "rt_sigsuspend"},
        {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
        {SYS_flock, "flock"},
        {SYS_fcntl, "fcntl"},
        {SYS_openat, "openat"},
        {SYS_fsync, "fsync"},
        {SYS_vfork, "vfork"},
        {SYS_clone, "clone"},
        {SYS_execve, "execve"},
        {SYS_semop, "semop"},
        {SYS_msgrcv, "msgrcv"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (calls[i].number == number)
            return calls[i].name;
    return "another";
}
