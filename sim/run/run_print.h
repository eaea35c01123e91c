/*
 * What a person sees of a run on the terminal.
 */
#pragma once

#include "sim/run/run_plan.h"

/* How the cases ended so far. */
struct run_tally {
    unsigned passed;
    unsigned warned; /* of the passed ones */
    unsigned flaky;  /* passed, but not at the first try */
    unsigned failed;
    unsigned skipped;
    unsigned invalid; /* an adapter that is wrong */
    unsigned machine;
    unsigned internal;
};

void run_tally_add(struct run_tally *tally, int code, bool flaky);
/* The program's exit code. */
int run_tally_exit(const struct run_tally *tally);

/* One case that has ended: the verdict, and what did not hold. */
void run_print_case(const struct run_options *options, const struct run_case *one,
                    const char *folder, int code);
/* The last lines: counts, and where the report is. */
void run_print_tally(const struct run_options *options, const struct run_tally *tally);
