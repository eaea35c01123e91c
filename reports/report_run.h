/*
 * The evidence of one run, read from its folder: results.json, events.jsonl, packets.tsv,
 * capture.pcapng and timing.json (how long it took in real time). error.txt says why a run has no
 * results. All but results.json or events.jsonl may be missing (a run that could not start, a run
 * without capture).
 */
#pragma once

#include "mta-under-test/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct report_run;

/* NULL with file and place in `err` if the evidence is there but broken. */
struct report_run *report_run_load(const char *folder, struct err *err) MUST_CHECK;

/* The same in steps, for a run that goes on: its event log is followed from the start, and once the
 * rest of the evidence is there, only what is new in the log is to be read. */
struct report_loading;

/* NULL if there is no log yet. */
struct report_loading *report_loading_open(const char *folder, struct err *err) MUST_CHECK;
/* 1 after `events_max` events, 0 at the end of what is written, -1 with file and line in `err`. */
int report_loading_follow(struct report_loading *loading, size_t events_max,
                          struct err *err) MUST_CHECK;
/* As report_run_load(); closes it. */
struct report_run *report_loading_finish(struct report_loading **loading,
                                         struct err *err) MUST_CHECK;
void report_loading_close(struct report_loading **loading);

/* A run that could not take place: an invalid scenario, a machine that gives no world. */
struct report_run *report_run_of_problem(const char *name, const char *file,
                                         const char *problem) MUST_CHECK
    __attribute__((returns_nonnull));

void report_run_free(struct report_run **run);

/* How long it took in real time; shown, and the `time` in JUnit. Without it virtual time stands
 * there. */
void report_run_set_wall(struct report_run *run, int64_t wall_us);

/* No expectation of level "must" and no invariant failed, and the run took place. */
bool report_run_passed(const struct report_run *run);
