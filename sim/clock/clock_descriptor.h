/* The descriptors of other processes. */
#pragma once

#include <sys/types.h>

/* A copy of descriptor `number` of a process, for the caller to close; -1 with errno, EBADF if the
 * process has no such one. */
int clock_descriptor_take(pid_t pid, int number);
