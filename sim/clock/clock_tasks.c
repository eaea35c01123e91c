#include "sim/clock/clock_tasks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/clock/clock_proc.h"

#include "mta-under-test/base/poison.h"

enum { LIST_START = 64, KNOWN_START = 4096, BITS = 8, LINKS_OF_ONE_THREAD = 3, STAT_BYTES = 96 };

int clock_tasks_init(struct clock_tasks *tasks, struct err *err)
{
    *tasks = (struct clock_tasks){.last = -1};
    tasks->last_fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    if (tasks->last_fd < 0)
        return err_set_errno(err, "cannot read /proc/loadavg: is /proc mounted in the world?");
    tasks->size = LIST_START;
    tasks->list = mem_alloc_array(tasks->size, sizeof *tasks->list);
    tasks->known_bytes = KNOWN_START;
    tasks->known = mem_alloc(tasks->known_bytes);
    return 0;
}

static void task_close(struct clock_task *task)
{
    close(task->stat_fd);
    if (task->wait_fd >= 0)
        close(task->wait_fd);
}

void clock_tasks_deinit(struct clock_tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++)
        task_close(&tasks->list[i]);
    free(tasks->list);
    free(tasks->known);
    close(tasks->last_fd);
}

bool clock_tasks_has(const struct clock_tasks *tasks, pid_t tid)
{
    size_t at = (size_t)tid / BITS;
    return at < tasks->known_bytes && (tasks->known[at] >> (tid % BITS) & 1) != 0;
}

static void known_set(struct clock_tasks *tasks, pid_t tid, bool known)
{
    size_t at = (size_t)tid / BITS;
    if (at >= tasks->known_bytes) {
        size_t bytes = (at + 1) * 2;
        tasks->known = mem_grow(tasks->known, bytes, 1);
        memset(tasks->known + tasks->known_bytes, 0, bytes - tasks->known_bytes);
        tasks->known_bytes = bytes;
    }
    unsigned bit = 1u << (tid % BITS);
    if (known)
        tasks->known[at] = (unsigned char)(tasks->known[at] | bit);
    else
        tasks->known[at] = (unsigned char)(tasks->known[at] & ~bit);
}

void clock_tasks_add(struct clock_tasks *tasks, pid_t pid, pid_t tid)
{
    if (clock_tasks_has(tasks, tid))
        return;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno != ENOENT && errno != ESRCH) {
            err_set_errno(&tasks->err, "virtual clock: cannot watch task %d", tid);
            tasks->incomplete = true;
        }
        return;
    }
    if (tasks->count == tasks->size) {
        tasks->size *= 2;
        tasks->list = mem_grow(tasks->list, tasks->size, sizeof *tasks->list);
    }
    tasks->list[tasks->count++] =
        (struct clock_task){.pid = pid, .tid = tid, .stat_fd = fd, .wait_fd = -1};
    known_set(tasks, tid, true);
    tasks->changed = true;
}

static void task_drop(struct clock_tasks *tasks, size_t i)
{
    task_close(&tasks->list[i]);
    known_set(tasks, tasks->list[i].tid, false);
    tasks->list[i] = tasks->list[--tasks->count];
    tasks->changed = true;
}

char clock_tasks_state(struct clock_tasks *tasks, size_t i)
{
    char text[STAT_BYTES];
    ssize_t got = pread(tasks->list[i].stat_fd, text, sizeof text, 0);
    if (got <= 0) {
        task_drop(tasks, i);
        return 0;
    }
    return clock_proc_state(text, (size_t)got);
}

bool clock_tasks_off_queue(struct clock_tasks *tasks, size_t i)
{
    struct clock_task *task = &tasks->list[i];
    if (task->wait_fd < 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task/%d/wchan", task->pid, task->tid);
        task->wait_fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    char first = '0';
    return task->wait_fd >= 0 && pread(task->wait_fd, &first, 1, 0) == 1 && first != '0';
}

bool clock_tasks_in_vfork(const struct clock_tasks *tasks, size_t i)
{
    char path[64], text[STAT_BYTES], *end;
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", tasks->list[i].pid, tasks->list[i].tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0)
        close(fd);
    if (got <= 0 || text[0] < '0' || text[0] > '9')
        return false;
    text[got] = '\0';
    long number = strtol(text, &end, 10);
    return number == SYS_vfork ||
           (number == SYS_clone && (strtoull(end, NULL, 16) & CLONE_VFORK) != 0);
}

static void process_add(struct clock_tasks *tasks, pid_t pid)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    if (stat(path, &status) != 0)
        return;
    if (status.st_nlink <= LINKS_OF_ONE_THREAD) {
        clock_tasks_add(tasks, pid, pid);
        return;
    }
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t tid = clock_proc_number(entry->d_name);
        if (tid > 0)
            clock_tasks_add(tasks, pid, tid);
    }
    closedir(folder);
}

void clock_tasks_refresh(struct clock_tasks *tasks)
{
    long newest = clock_proc_newest(tasks->last_fd);
    if (newest == tasks->last)
        return;
    tasks->last = newest;
    /* A dead task's number may have come back. */
    for (size_t i = tasks->count; i-- > 0;)
        (void)clock_tasks_state(tasks, i);
    DIR *folder = opendir("/proc");
    if (folder == NULL) {
        err_set_errno(&tasks->err, "virtual clock: cannot read /proc");
        tasks->incomplete = true;
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t pid = clock_proc_number(entry->d_name);
        if (pid > 1)
            process_add(tasks, pid);
    }
    closedir(folder);
}

bool clock_tasks_stale(const struct clock_tasks *tasks)
{
    return clock_proc_newest(tasks->last_fd) != tasks->last;
}
