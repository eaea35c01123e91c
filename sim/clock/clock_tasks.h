/*
 * The tasks (threads) of the world, as /proc of its pid namespace shows them: all but PID 1's own,
 * and PID 1's injector. An open descriptor is kept for each, so that looking at one costs one
 * system call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mta-under-test/base/err.h"

struct clock_task {
    pid_t pid;
    pid_t tid;
    int stat_fd;
    int wait_fd; /* of wchan; -1 until it is needed */
    /* For clock_socket.c: how often it has run, and the wait on a socket that it is in. */
    uint64_t runs;
    uint64_t socket_deadline_ns; /* 0 = none */
    int socket_answer;
};

struct clock_tasks {
    struct clock_task *list;
    size_t count;
    size_t size;
    unsigned char *known; /* a bit for each tid in the list */
    size_t known_bytes;
    int last_fd;     /* /proc/loadavg: its last field is the newest tid of the namespace */
    long last;       /* the newest tid when the list was made */
    bool changed;    /* tasks came or went since somebody set it to false */
    bool incomplete; /* a task could not be added: err says why */
    struct err err;
};

int clock_tasks_init(struct clock_tasks *tasks, struct err *err) MUST_CHECK;
void clock_tasks_deinit(struct clock_tasks *tasks);

/* Adds a task that is not found by looking, the injector. */
void clock_tasks_add(struct clock_tasks *tasks, pid_t pid, pid_t tid);

/* Makes the list complete as of some moment during the call, if a task was born since the last
 * time. Dead ones leave the list when their state is asked for. */
void clock_tasks_refresh(struct clock_tasks *tasks);

/* Whether a task was born since the last refresh. */
bool clock_tasks_stale(const struct clock_tasks *tasks);

/* The state of task i as in /proc/TID/stat ('R', 'S', ...); 0 = it is gone and has left the list,
 * and the last one has taken its place. */
char clock_tasks_state(struct clock_tasks *tasks, size_t i);

/* Whether task i is off its CPU's run queue for sure: the kernel names the place where it sleeps.
 * A task may be in state S and still run, on its way to sleep or just before that is called off. */
bool clock_tasks_off_queue(struct clock_tasks *tasks, size_t i);

/* Whether task i, in state D, waits in vfork() for its child to start a program or end: such a wait
 * is the child's, and may last. */
bool clock_tasks_in_vfork(const struct clock_tasks *tasks, size_t i);

/* Whether the list has this tid. */
bool clock_tasks_has(const struct clock_tasks *tasks, pid_t tid);
