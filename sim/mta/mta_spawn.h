/*
 * Starting a program in the network of the server under test, and reaching all of that network's
 * processes.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "mta-under-test/base/err.h"

/* What to tell of a program that was ended by SIGSYS: no call of its own does that. */
#define MTA_SPAWN_SIGSYS                                                                       \
    " (a system call was refused: a seccomp filter of its own does not let pass what virtual " \
    "time needs; --clock real runs it)"

struct mta_spawn {
    char *const *argv; /* NULL-terminated; argv[0] is looked for in PATH */
    int network_fd;    /* -1 = where we are */
    bool has_input;    /* input_fd becomes stdin; else it is empty */
    int input_fd;
    int output_fd;                /* becomes stdout and stderr; -1 = ours */
    const char *home;             /* working folder */
    const char *const *variables; /* "NAME=value" to add, NULL-terminated, or NULL */
};

/* fork(), for a child that will execute another program: no signal is blocked in it, and those that
 * we catch or ignore have their default again. They are held back meanwhile, so that one that is
 * meant for the child never runs our handler in it. */
pid_t mta_spawn_fork(void) MUST_CHECK;

/* The process id, with *pid_fd referring to it (close-on-exec); -1. A program that cannot be
 * executed ends with 127 after saying why on its stderr. */
pid_t mta_spawn_start(const struct mta_spawn *spawn, int *pid_fd, struct err *err) MUST_CHECK;

/* A socket in that network: the calling process is there only for a moment. -1 with errno. */
int mta_spawn_socket(int network_fd, int family, int type) MUST_CHECK;

/* Sends a signal to every process of the network but `except` (0 = none). With network_fd -1 only
 * to the process group of `leader`. */
void mta_spawn_signal_all(int network_fd, pid_t leader, pid_t except, int signal_number);
