/*
 * The comparison of several servers, made at the end of a run from the folders of its cases:
 * compare.html and compare.json in the output folder, the matrix on the terminal, and with
 * --scoreboard docs/scoreboard.md.
 */
#pragma once

#include "sim/run/run_plan.h"

int run_compare_write(const struct run_options *options, const struct run_plan *plan,
                      struct err *err) MUST_CHECK;
