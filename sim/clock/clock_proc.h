/* Reading what /proc writes. Nothing here opens anything. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* A name made of digits alone as a number; -1 for any other. */
pid_t clock_proc_number(const char *name);

/* The last field of /proc/loadavg: the newest task number of this pid namespace; -1 on error. */
long clock_proc_newest(int loadavg_fd);

/* The state letter in the beginning of a /proc/PID/stat; 'R', which rests least, if it cannot be
 * read. */
char clock_proc_state(const char *text, size_t len);

/* How many packets wait in the kernel's input queue of this CPU, from /proc/net/softnet_stat; -1
 * if the text does not tell. */
long clock_proc_backlog(const char *text, size_t len, int cpu);

/* The name of a system call in which programs wait; "another" for any other. */
const char *clock_proc_call_name(long number);
