/*
 * What a scenario sends, one entry for each message and recipient, with what became of it. Made
 * from the scenario, not from the log, so that mail that was never handed in is missed; only what
 * its clients handed in, word by word, is known from the log.
 */
#pragma once

#include "sim/check/check_history.h"

struct scenario;

struct check_target {
    const char *message; /* "campaign/17" */
    const char *entry;   /* "campaign" */
    const char *from;
    const char *to;
    const struct check_delivery *delivery; /* NULL = never handed in */
};

struct check_targets {
    struct check_target *items; /* in the arena it was made with */
    size_t count;
};

void check_targets_make(const struct scenario *scenario, const struct check_history *history,
                        struct arena *arena, struct check_targets *targets);

/* Is it one of those that the expectation is about? */
bool check_target_is_of(const struct check_target *target,
                        const struct check_expectation *expectation);
