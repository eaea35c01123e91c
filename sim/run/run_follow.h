/*
 * Reads the event log of a run while its world goes on, so that after a long run only the rest is
 * to be read before it is judged: a world keeps one processor busy, and whoever waits for it has
 * another. Nothing that is judged depends on it. In virtual time only a large campaign has its log
 * in the folder while it runs (sim/inside/evidence.h), and only there it is worth it.
 *
 * A short log is left for the end, which costs its run nothing. So is one that cannot be read: what
 * is wrong with it is then told as ever.
 */
#pragma once

#include <stdbool.h>

#include "sim/check/check.h"

/* The caller's storage: the first two are set, the rest is zero. */
struct run_follow {
    const struct scenario *scenario;
    const char *events_path;
    struct check_reading *reading; /* NULL: it has not begun */
    bool given_up;
};

/* Takes some of what has been written. Returns how many milliseconds the next step can wait. */
int run_follow_step(struct run_follow *follow) MUST_CHECK;
/* After the end of the world: as check_run(), with what was read already. */
int run_follow_finish(struct run_follow *follow, struct check_report **report,
                      struct err *err) MUST_CHECK;
