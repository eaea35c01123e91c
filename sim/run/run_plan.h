/*
 * Which scenarios a call runs: files and folders are searched, loaded (all of them, so that a wrong
 * one is told before anything runs), filtered, repeated and split into shards. One case is one
 * scenario (one cell of a matrix) on one server.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"
#include "sim/run/run_options.h"
#include "sim/scenario/scenario.h"

struct run_case {
    struct scenario *scenario; /* NULL once the plan is unloaded */
    const char *file;          /* of the scenario, as are the next two */
    const char *name;
    const char *cell_name; /* "" without a matrix */
    size_t cell;           /* its number among the cells of the file */
    const char *mta;
    const char *folder; /* name of its folder below the output folder, unique in the plan */
};

/* The caller's storage. */
struct run_plan {
    struct run_case *cases;
    size_t case_count;
    struct scenario **scenarios; /* owned; none once the plan is unloaded */
    size_t scenario_count;
    size_t invalid_count; /* files that could not be loaded; their errors were printed on stderr */
    struct arena arena;
};

/* `paths` empty = the project's scenarios/. -1 if a path is not there, a folder has no scenario, or
 * the choice of `options` leaves none; wrong scenarios are printed and counted. A plan without
 * cases is none of these errors: nothing failed last, or the shard is empty, which is told on
 * stderr. */
int run_plan_make(const struct run_options *options, const char *const *paths, size_t path_count,
                  struct run_plan *plan, struct err *err) MUST_CHECK;
/* Frees the scenarios and keeps what names the cases: a process that forks for each case is to be
 * small, and a case loads its own scenario faster than all of them are copied with the process. */
void run_plan_unload(struct run_plan *plan);
void run_plan_deinit(struct run_plan *plan);
