/*
 * The parts of one scenario, each read by whoever acts on it. Only for this folder.
 */
#pragma once

#include "sim/scenario/scenario_reader.h"

/* Reads scenario->document, whose variables are put in already, into the scenario. */
int scenario_parse(struct scenario *scenario, const struct scenario_options *options,
                   struct err *err) MUST_CHECK;
void scenario_release_parts(struct scenario *scenario);
