#include "sim/clock/clock_turns.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>

#include "sim/clock/clock_proc.h"

#include "mta-under-test/base/poison.h"

static void task_set(pid_t task, int rank, int policy)
{
    struct sched_param param = {.sched_priority = 0};
    if (sched_getparam(task, &param) == 0 && param.sched_priority == rank)
        sched_setscheduler(task, policy, &param);
}

static void process_set(pid_t process, int rank, int policy)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t task = clock_proc_number(entry->d_name);
        if (task > 0)
            task_set(task, rank, policy);
    }
    closedir(folder);
}

void clock_turns_set(int rank, bool in_turns)
{
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t process = clock_proc_number(entry->d_name);
        if (process > 1)
            process_set(process, rank, in_turns ? SCHED_RR : SCHED_FIFO);
    }
    closedir(folder);
}
