#include "sim/clock/clock_walk.h"

#include <dirent.h>
#include <stdio.h>

#include "sim/clock/clock_proc.h"

#include "mta-under-test/base/poison.h"

static void process_walk(pid_t process, void (*visit)(void *context, pid_t process, pid_t task),
                         void *context)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t task = clock_proc_number(entry->d_name);
        if (task > 0)
            visit(context, process, task);
    }
    closedir(folder);
}

void clock_walk(void (*visit)(void *context, pid_t process, pid_t task), void *context)
{
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t process = clock_proc_number(entry->d_name);
        if (process > 1)
            process_walk(process, visit, context);
    }
    closedir(folder);
}
