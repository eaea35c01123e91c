/*
 * Which of the loaded scenarios a call is about: tags, words of the name. A choice that leaves
 * nothing is an error: a run of nothing would look like a run that passed.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "sim/run/run_options.h"
#include "sim/scenario/scenario.h"

/* Do --tags, --exclude-tags and --grep let this scenario in? */
bool run_select_takes(const struct run_options *options, const struct scenario *scenario);

/* A tag that none of the scenarios has is most often mistyped: one line for each such tag of --tags
 * and --exclude-tags is appended, with the nearest that is there. */
void run_select_unknown_tags(const struct run_options *options, struct scenario *const *scenarios,
                             size_t count, struct buf *out);

/* Sets `err` to what was looked for among how many scenarios, and which tags there are; returns -1.
 */
int run_select_nothing(const struct run_options *options, struct scenario *const *scenarios,
                       size_t count, struct err *err);
