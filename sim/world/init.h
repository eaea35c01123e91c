/*
 * PID 1 of a world, from its birth: waits for the runner's word, builds network and root, runs the
 * first program, tells the result through a pipe.
 */
#pragma once

#include "sim/world/root.h"

struct init_fds {
    int lifeline; /* one byte: go on; end of file: the runner is gone */
    int result;   /* takes one struct world_result */
};

/* Called in the child of clone3(); does not return. */
void init_main(const struct world_options *options, const struct root_paths *paths,
               const struct init_fds *fds) __attribute__((noreturn));
