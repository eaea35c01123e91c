/*
 * PID 1 of a world, from its birth: waits for the runner's word, builds network and root, runs the
 * first program under the clock, tells the result through a pipe.
 */
#pragma once

#include "sim/clock/clock.h"
#include "sim/world/root.h"

struct init_links {
    int lifeline;                    /* one byte: go on; end of file: the runner is gone */
    int result;                      /* takes one struct world_result */
    struct clock_progress *progress; /* shared with the runner */
};

/* Called in the child of clone3(); does not return. */
void init_main(const struct world_options *options, const struct root_paths *paths,
               const struct init_links *links) __attribute__((noreturn));
