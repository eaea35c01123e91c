/*
 * PID 1 of a world with the real clock: starts the first program and reaps what is orphaned, until
 * the first program ends.
 */
#pragma once

#include "sim/world/world.h"

/* Fills *result; never fails otherwise than through its reason. */
void first_program_run(const struct world_options *options, struct world_result *result);
