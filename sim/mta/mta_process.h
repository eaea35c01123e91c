/*
 * The server under test as a process: puts its files in place, runs its start commands, sees when
 * it is ready (its port greets with a 2xx), stops, kills, pauses and restarts it, and notices when
 * it ends by itself. Runs in the world, on the caller's event loop; every step is an event of
 * source "mta" (docs/events.md).
 */
#pragma once

#include <event2/event.h>

#include "sim/event/event_log.h"
#include "sim/mta/mta_adapter.h"

#define MTA_STATES(X)                                                  \
    X(DOWN)                                                            \
    X(STARTING) /* its commands run, or its port does not greet yet */ \
    X(READY)                                                           \
    X(PAUSED)                                                          \
    X(STOPPING)

#define MTA_STATE_ENUM(name) MTA_##name,
enum mta_state { MTA_STATES(MTA_STATE_ENUM) };
#undef MTA_STATE_ENUM

struct mta_process;

/* It greets for the first time, or again after a restart. */
typedef void mta_process_ready(void *context);
/* It has ended; `why` is for people, with the end of its log where it was not expected. */
typedef void mta_process_ended(void *context, bool expected, const char *why);

struct mta_process_options {
    struct event_base *base;
    struct event_log *log;
    const struct mta_settings *settings;
    const struct mta_adapter *adapter;
    const char *programs; /* folder of the project's programs */
    const char *output;   /* file that takes its stdout and stderr, appended */
    const char *queue; /* file that takes the list of its queue before it is stopped; NULL = none */
    int network_fd;    /* its network namespace; -1 = where we are (tests) */
    pid_t spared;      /* of that network, but no part of the server (a resolver); 0 = none */
    const char *home;  /* working folder; NULL = "/" */
    int64_t log_pause_us; /* as of mta_log.h */
    mta_process_ready *ready;
    mta_process_ended *ended;
    void *context;
};

struct mta_process *mta_process_new(const struct mta_process_options *options);
/* Kills what is left and takes in the rest of the logs: no more events come of it. */
void mta_process_finish(struct mta_process *process);
/* Finishes it first; sets NULL; accepts NULL. */
void mta_process_free(struct mta_process **process);

/* Starts it; `ready` or `ended` is called later. -1: nothing was started. */
int mta_process_start(struct mta_process *process, struct err *err) MUST_CHECK;
/* Has it list its queue, where it can, then asks it to end (the adapter's stop command, or
 * SIGTERM); `ended` is called with expected. */
void mta_process_stop(struct mta_process *process);
/* SIGKILL to all of its processes, at once. */
void mta_process_kill(struct mta_process *process);
/* Stop, then start when it has ended. */
void mta_process_restart(struct mta_process *process);
/* Its configuration is made anew from `settings`, which must live on, and it is told by the
 * adapter's reload command; a server that has none is stopped and started again. Where it is down,
 * it starts with it the next time. */
int mta_process_reload(struct mta_process *process, const struct mta_settings *settings,
                       struct err *err) MUST_CHECK;
/* SIGSTOP and SIGCONT to all of its processes. */
void mta_process_pause(struct mta_process *process);
void mta_process_continue(struct mta_process *process);

enum mta_state mta_process_state(const struct mta_process *process);
