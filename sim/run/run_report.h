/*
 * The reports of a whole run, written at its end into the output folder, and the copies that were
 * asked for.
 */
#pragma once

#include "sim/run/run_follow.h"
#include "sim/run/run_plan.h"

/* Takes away the reports of an earlier run, so that none is mistaken for this one's. */
int run_report_begin(const char *output, struct err *err) MUST_CHECK;

/* From the folders of the plan's cases; `follows` has one for each, those that never started all
 * zero. */
int run_report_write(const struct run_options *options, const struct run_plan *plan,
                     struct run_follow *follows, struct err *err) MUST_CHECK;

/* From all case folders that stand below the given ones (shards, an earlier run). */
int run_report_merge(const struct run_options *options, const char *const *folders, size_t count,
                     struct err *err) MUST_CHECK;
