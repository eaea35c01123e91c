/*
 * "matrix": the same experiment over lists of values, one run for each combination.
 *
 *     "matrix": { "identity": ["valid", "expired"], "mode": ["enforce", "none"] }
 *
 * makes four cells; "${identity}" stands in values of the scenario.
 */
#pragma once

#include "sim/scenario/scenario_reader.h"

struct scenario_axis {
    const char *name;
    const char **values;
    size_t count;
};

struct scenario_matrix {
    struct scenario_axis axes[SCENARIO_MATRIX_NAMES_MAX];
    size_t name_count; /* 0 = no matrix */
    size_t cell_count; /* at least 1 */
};

/* Reads it from a scenario's document; `max` 0 is the default limit. */
int scenario_matrix_read(struct spec scenario, size_t max, struct arena *arena,
                         struct scenario_matrix *matrix, struct err *err) MUST_CHECK;

/* "for" of an expectation must name values that the matrix has, or the expectation is of no cell.
 */
int scenario_matrix_check_for(struct spec scenario, const struct scenario_matrix *matrix,
                              struct err *err) MUST_CHECK;

/* The values of a cell (copied into `arena`) and its name: "identity=expired, mode=none". The last
 * axis changes first. */
void scenario_matrix_cell(const struct scenario_matrix *matrix, size_t cell, struct arena *arena,
                          const struct spec_variable **variables, const char **name);
