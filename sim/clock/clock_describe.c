#include <fcntl.h>
#include <unistd.h>

#include "sim/clock/clock.h"
#include "sim/clock/clock_proc.h"
#include "sim/clock/clock_walk.h"

#include "mta-under-test/base/poison.h"

enum { LINE_BYTES = 256 };

/* The first line of a task's file, without its end; empty if it cannot be read. */
static void line_read(pid_t pid, pid_t tid, const char *file, char line[LINE_BYTES])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, line, LINE_BYTES - 1) : 0;
    if (fd >= 0)
        close(fd);
    line[got > 0 ? got : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

static void task_describe(void *context, pid_t pid, pid_t tid)
{
    struct buf *out = context;
    char name[LINE_BYTES], stat[LINE_BYTES], call[LINE_BYTES], place[LINE_BYTES];
    line_read(pid, tid, "comm", name);
    line_read(pid, tid, "stat", stat);
    line_read(pid, tid, "syscall", call);
    line_read(pid, tid, "wchan", place);
    if (stat[0] == '\0')
        return; /* gone */
    buf_format(out, "pid %d", pid);
    if (tid != pid)
        buf_format(out, " task %d", tid);
    buf_format(out, " %s: state %c", name, clock_proc_state(stat, strlen(stat)));
    long number = strtol(call, NULL, 10);
    if (call[0] >= '0' && call[0] <= '9')
        buf_format(out, ", in system call %ld (%s)", number, clock_proc_call_name(number));
    if (place[0] != '\0' && place[0] != '0')
        buf_format(out, ", waits in the kernel at %s", place);
    buf_add_char(out, '\n');
}

void clock_describe(struct buf *out)
{
    clock_walk(task_describe, out);
}
