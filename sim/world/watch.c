#include "sim/world/watch.h"

#include <dirent.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { STATUS_BYTES_MAX = 64 * 1024, NAME_BYTES_MAX = 256 };

void watch_init(struct watch *watch, int64_t now_us)
{
    *watch = (struct watch){.since_us = now_us};
}

bool watch_is_stuck(struct watch *watch, const struct clock_progress *progress, int64_t now_us,
                    int64_t cpu_us)
{
    int64_t virtual_us = atomic_load(&progress->virtual_us);
    uint64_t jumps = atomic_load(&progress->jumps);
    if (virtual_us != watch->virtual_us || jumps != watch->jumps)
        *watch = (struct watch){virtual_us, jumps, now_us, cpu_us};
    int64_t still_us = now_us - watch->since_us;
    return still_us >= WATCH_STARVED_US ||
           (still_us >= WATCH_STUCK_US && cpu_us - watch->cpu_us >= WATCH_STUCK_US / 2);
}

/* The inode that names the PID namespace of a process; 0 if it cannot be seen. */
static ino_t namespace_of(const char *pid)
{
    struct stat status;
    char path[NAME_BYTES_MAX];
    snprintf(path, sizeof path, "/proc/%.20s/ns/pid", pid);
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

/* The number that the process has in its innermost namespace: the last of the line "NSpid:". */
static bool has_inside_pid(const char *pid, pid_t inside)
{
    struct buf text;
    struct err ignored = {{0}};
    char path[NAME_BYTES_MAX];
    uint64_t number = 0;
    snprintf(path, sizeof path, "/proc/%.20s/status", pid);
    buf_init(&text, STATUS_BYTES_MAX);
    bool found = false;
    if (file_read(path, &text, &ignored) == 0) {
        struct slice rest = buf_slice(&text);
        struct slice line;
        while (!found && slice_split(&rest, '\n', &line)) {
            size_t last = slice_find_last(line, '\t');
            found = slice_starts_with(line, SLICE("NSpid:")) && last != SIZE_MAX &&
                    text_to_u64(slice_skip(line, last + 1), &number) == 0 &&
                    number == (uint64_t)inside;
        }
    }
    buf_deinit(&text);
    return found;
}

/* Fields 14 to 17 of /proc/PID/stat: user and system time, its own and that of its children, in
 * clock ticks. The name before them may have spaces, but ends in the last ")". */
static int64_t ticks_of(const char *pid)
{
    struct buf text;
    struct err ignored = {{0}};
    char path[NAME_BYTES_MAX];
    int64_t ticks = 0;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    buf_init(&text, STATUS_BYTES_MAX);
    if (file_read(path, &text, &ignored) == 0) {
        struct slice rest =
            slice_skip(buf_slice(&text), slice_find_last(buf_slice(&text), ')') + 2);
        struct slice field;
        for (int number = 3; number <= 17 && slice_split(&rest, ' ', &field); number++) {
            int64_t value = 0;
            if (number >= 14 && text_to_i64(field, &value) == 0)
                ticks += value;
        }
    }
    buf_deinit(&text);
    return ticks;
}

static ino_t namespace_of_process(pid_t pid)
{
    char text[24];
    snprintf(text, sizeof text, "%d", (int)pid);
    return namespace_of(text);
}

int64_t watch_cpu_us(pid_t init)
{
    ino_t wanted = namespace_of_process(init);
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    int64_t ticks = 0;
    while (processes != NULL && (entry = readdir(processes)) != NULL)
        if (text_is_digit(entry->d_name[0]) && wanted != 0 && namespace_of(entry->d_name) == wanted)
            ticks += ticks_of(entry->d_name);
    if (processes != NULL)
        closedir(processes);
    return ticks * INT64_C(1000000) / sysconf(_SC_CLK_TCK);
}

void watch_describe_task(pid_t init, pid_t inside, struct buf *out)
{
    ino_t wanted = namespace_of_process(init);
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    struct buf name;
    struct err ignored = {{0}};
    buf_init(&name, NAME_BYTES_MAX);
    while (processes != NULL && name.len == 0 && (entry = readdir(processes)) != NULL) {
        char path[NAME_BYTES_MAX];
        if (!text_is_digit(entry->d_name[0]) || wanted == 0 ||
            namespace_of(entry->d_name) != wanted || !has_inside_pid(entry->d_name, inside))
            continue;
        snprintf(path, sizeof path, "/proc/%.20s/comm", entry->d_name);
        (void)!file_read(path, &name, &ignored);
    }
    if (processes != NULL)
        closedir(processes);
    struct slice text = slice_trim(buf_slice(&name));
    buf_format(out, "%.*s (process %d of the world)", text.len > 0 ? (int)text.len : 9,
               text.len > 0 ? text.data : "a program", (int)inside);
    buf_deinit(&name);
}
