/*
 * Runs the cases of a plan, several side by side, prints how each ended, and writes the reports of
 * the whole.
 */
#pragma once

#include "sim/run/run_plan.h"

/* Unloads the plan. Returns the program's exit code (enum run_exit). Ctrl-C ends the running
 * worlds, writes the reports of what has ended, and returns 128 + SIGINT. */
int run_suite(const struct run_options *options, struct run_plan *plan);
