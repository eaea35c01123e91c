/*
 * A server whose own clock is wrong, by libfaketime on top of the world's clock, in its processes
 * alone.
 *
 * Where it is to change in the middle of a run, libfaketime reads it from a file, anew at each look
 * at the clock, so that the clock of a running server steps, as an administrator or a bad time
 * server makes it. Only the date does: the monotonic clock is right all the time. A process that
 * has changed its root before and cannot see the file goes on with the right time.
 */
#pragma once

#include "sim/mta/mta_settings.h"

/* The environment that makes it so, NULL-terminated, in `arena`; NULL where the clock is right. -1
 * if libfaketime is not installed. */
int mta_skew_variables(const struct mta_settings *settings, struct arena *arena,
                       const char *const **variables, struct err *err) MUST_CHECK;

/* From now on the clock of the server is off by this much. Only where settings->skew_changes. */
int mta_skew_set(int64_t skew_us, struct err *err) MUST_CHECK;
