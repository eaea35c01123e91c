/*
 * `run --watch`: runs, waits until a file of the scenarios or of fixtures/ changes, and runs again,
 * until Ctrl-C.
 */
#pragma once

#include "sim/cli/cli.h"

typedef int cli_watched(const struct run_options *options, char **paths, int count);

/* `paths` as given to run; none = all of scenarios/. Returns the exit code of the last run. */
int cli_watch(const struct run_options *options, char **paths, int count, cli_watched *run);
