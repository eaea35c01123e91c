/*
 * The whole server: joins the parts and runs until it is told to stop (SIGTERM, SIGINT).
 */
#pragma once

#include "mta-under-test/refmta/config/config.h"

/* What cannot be seen from the configuration alone: that the files named in it can be used. */
int app_check(const struct config *config, struct err *err) MUST_CHECK;

/* Runs; 0 after an orderly stop, -1 with a text if it could not start. */
int app_run(const struct config *config, struct err *err) MUST_CHECK;
