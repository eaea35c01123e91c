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
