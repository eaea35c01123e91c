/*
 * The folder of one case: made, and emptied of what an earlier run left, before anything is
 * written.
 */
#pragma once

#include "mta-under-test/base/err.h"

/* Files whose absence or presence says how a case ended. */
#define RUN_RESULTS_FILE "results.json"
#define RUN_ERROR_FILE "error.txt"
#define RUN_SKIPPED_FILE "not-applicable.txt"
#define RUN_EVENTS_FILE "events.jsonl"
#define RUN_TIMING_FILE "timing.json"
/* The judgement as the terminal shows it. */
#define RUN_CHECKS_FILE "checks.txt"

/* Removes only files that a run makes, by name; other people's files in the folder stay. */
int run_folder_prepare(const char *folder, struct err *err) MUST_CHECK;

/* Appends `name` to the folder; free() it. */
char *run_folder_file(const char *folder, const char *name) MUST_CHECK;
