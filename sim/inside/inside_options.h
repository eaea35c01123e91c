/*
 * What the runner tells the process inside the world. It goes through the command line of
 * `mailrange inside`, as KEY=VALUE arguments and, behind "--", the command of `exec`, since the
 * clock has to start that process by an exec of its own.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"

struct inside_options {
    const char *root;     /* the project's folder */
    const char *file;     /* the scenario */
    size_t cell;          /* of its matrix */
    const char *folder;   /* where the evidence goes: reachable inside the world */
    const char *mta;      /* the adapter's name */
    const char *home;     /* working folder of the command */
    const char *programs; /* folder of the project's programs (refmta) */
    bool seed_given;
    uint64_t seed;
    bool virtual_clock;
    bool capture;
    bool interactive; /* stays until it is told to end */
    uint64_t stop_fd; /* end of a pipe: the runner closes the other one to end the run */
    uint64_t done_fd; /* of a pipe: gets the exit code, as one byte, once all evidence is kept */
    char *const *command; /* NULL, or of `exec`; ends in NULL */
};

/* An argv for execve(), in `arena`, starting with `program`, "inside". */
char *const *inside_options_to_argv(const struct inside_options *options, const char *program,
                                    struct arena *arena);
/* The other way round; `argv` without program and "inside". */
int inside_options_from_argv(int argc, char **argv, struct inside_options *options,
                             struct err *err) MUST_CHECK;
