/*
 * One case, from the empty folder to its results: loads the scenario, builds the world, runs the
 * scenario in it, checks the event log, writes results.json. Meant to be called in a process of its
 * own (run_suite.c forks one for each case): it changes the process's signals and may leave memory
 * behind.
 *
 * The folder then has: events.jsonl, capture.pcapng, packets.tsv, store/ (what simulated hosts
 * accepted), server.log (the output of the server under test), results.json, timing.json (real
 * time: never part of what is compared between runs). When the case could not run, error.txt says
 * why and results.json is missing.
 * A server that cannot be told what the scenario asks for leaves not-applicable.txt instead.
 */
#pragma once

#include "sim/run/run_plan.h"

struct run_case_options {
    const struct run_options *run;
    const struct run_case *one;
    const char *folder; /* path of the case's folder */
    unsigned slot;      /* which of the parallel worlds this is, to spread them over processors */
    /* All is judged and written, while the world, which has told all it had to, still dissolves:
     * that takes the kernel some 20 ms without a processor. Not called where there was no such
     * moment. */
    void (*judged)(int code);
};

/* RUN_EXIT_PASSED or _FAILED with results.json written; _MACHINE or _INTERNAL with error.txt. */
int run_case_execute(const struct run_case_options *options);
