/*
 * What failed in the last run of an output folder, for --last-failed.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/map.h"

/* Sets the name of each case folder whose results say that it failed, or that has an error. */
int run_last_failed(const char *output, struct map *failed, struct err *err) MUST_CHECK;
