/*
 * Words in expectations that nothing ever says: an expectation with one could only fail, or, where
 * it counts to zero, only hold. Only for this folder.
 */
#pragma once

#include "sim/check/check_list.h"
#include "sim/scenario/scenario_reader.h"

/* -1 at the first such word of the expectation. */
int scenario_check_expected_words(struct scenario_reader *reader,
                                  const struct check_expectation *expectation) MUST_CHECK;
