/*
 * The whole server: joins the parts and runs until it is told to stop (SIGTERM, SIGINT). SIGHUP
 * makes it read its configuration anew, without ending a session.
 */
#pragma once

#include "mta-under-test/refmta/app/settings.h"

/* Runs under settings that were read from `path` and are its own from now on; 0 after an orderly
 * stop, -1 with a text if it could not start. */
int app_run(const char *path, struct settings *settings, struct err *err) MUST_CHECK;
