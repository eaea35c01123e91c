/* All tasks of the world, by /proc. */
#pragma once

#include <sys/types.h>

/* Calls back for each task (a thread) of each process but PID 1, in the order of /proc; one that
 * ends or begins meanwhile may be missed. Nothing happens where /proc cannot be read. */
void clock_walk(void (*visit)(void *context, pid_t process, pid_t task), void *context);
