/*
 * Reads the results.json of one run (docs/results.md) into the model.
 */
#pragma once

#include "reports/report_model.h"

/* -1 with the file in `err` if it is no such file. */
int report_results_read(struct report_run *run, const char *path, struct err *err) MUST_CHECK;
