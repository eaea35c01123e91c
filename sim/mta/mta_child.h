/*
 * A program that was started and is waited for on the event loop: told once when it has ended,
 * ended when nobody wants it any more.
 */
#pragma once

#include <event2/event.h>
#include <sys/types.h>

/* With the status as of waitpid(). The child is gone by then; mta_child_end() may follow, and may
 * be called here. */
typedef void mta_child_ended(void *context, int status);

/* The caller's storage; all zero is none. */
struct mta_child {
    pid_t pid;  /* 0 = none, or it has ended */
    int pid_fd; /* owned */
    struct event *exit_event;
    mta_child_ended *ended;
    void *context;
};

/* Watches `pid`, whose pidfd is taken over. */
void mta_child_watch(struct mta_child *child, struct event_base *base, pid_t pid, int pid_fd);
/* Kills it if it still runs, waits for it and releases all; it is not told. */
void mta_child_end(struct mta_child *child);
