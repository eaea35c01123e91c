/* The world's first program: started under the filter, with the injector at its side. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "mta-under-test/base/err.h"

struct clock_program {
    pid_t pid;
    int listener; /* of the seccomp filter; -1 in real time */
    int go;       /* the child waits for this pipe's byte, or for its end */
    int report;   /* errno, if it could not be started; then closed by exec */
};

/* Forks the process and, with `filtered`, gets its filter's listener; it does not run yet.
 * `rank` is its real-time priority, 0 = none. */
int clock_program_fork(struct clock_program *program, char *const argv[], bool filtered, int rank,
                       struct err *err) MUST_CHECK;

/* Lets it run and waits until it has become the program; -1 if that cannot be started. */
int clock_program_go(struct clock_program *program, const char *name, struct err *err) MUST_CHECK;
