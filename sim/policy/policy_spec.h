/*
 * Reads the scenario's "policy" object (policy_model.h shows it).
 */
#pragma once

#include "sim/policy/policy_model.h"

/* Texts live in `arena`. The model must be released with policy_model_release(), also before the
 * arena goes. -1 with file, line and path in `err`; *model is then NULL. */
int policy_spec_parse(struct spec spec, struct arena *arena, struct policy_model **model,
                      struct err *err) MUST_CHECK;
