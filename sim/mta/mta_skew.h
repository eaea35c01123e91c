/*
 * A server whose own clock is wrong, by libfaketime on top of the world's clock, in its processes
 * alone.
 */
#pragma once

#include "sim/mta/mta_settings.h"

/* The environment that makes it so, NULL-terminated, in `arena`; NULL where the clock is right. -1
 * if libfaketime is not installed. */
int mta_skew_variables(const struct mta_settings *settings, struct arena *arena,
                       const char *const **variables, struct err *err) MUST_CHECK;
