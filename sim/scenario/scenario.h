/*
 * Reads a scenario: one JSON file, checked and completed with its defaults. Each part of the
 * language is read by the part of the simulator that acts on it; this is where they come together,
 * and where what spans parts is checked (a host outside every zone, a recipient that no host takes,
 * zones and addresses made from the hosts).
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "sim/scenario/model/scenario_model.h"

struct scenario_options {
    const char *root; /* folder of fixtures/ and scenarios/: the project's */
    bool seed_given;  /* --seed */
    uint64_t seed;
    size_t matrix_max; /* cells allowed; 0 = the default */
};

/* All cells of a file (one without a matrix). Returns how many, in *scenarios (free each, then the
 * array); -1 with a text for people. */
int scenario_load(const char *path, const struct scenario_options *options,
                  struct scenario ***scenarios, struct err *err) MUST_CHECK;
/* One cell alone, by its number in what scenario_load() gives; NULL with a text for people. */
struct scenario *scenario_load_cell(const char *path, const struct scenario_options *options,
                                    size_t cell, struct err *err) MUST_CHECK;
void scenario_free(struct scenario **scenario);

/* Gives back what only the world needs: hosts, zones and policies (`mx`, `dns` and `policy` are
 * NULL from then on). Of a hundred thousand hosts that is nearly all; what a run is judged by
 * stays. */
void scenario_release_internet(struct scenario *scenario);

/* The plan in words, for people: hosts, zones, messages, what is expected. */
void scenario_explain(const struct scenario *scenario, struct buf *out);
