/*
 * Which messages of a scenario an expectation is about. Only for this folder.
 */
#pragma once

#include "sim/check/check_list.h"
#include "sim/scenario/model/scenario_model.h"

/* True if the message, or one of its instances ("news/3"), has such an id. */
bool scenario_message_has_id(const struct scenario_message *message, const struct pattern *id);

/* True if the expectation is about a recipient of the message. */
bool scenario_expects_of(const struct check_expectation *expectation,
                         const struct scenario_message *message);

/* A recipient of the message that both are about, in `out`; false if there is none. */
bool scenario_both_expect_of(const struct check_expectation *one,
                             const struct check_expectation *other,
                             const struct scenario_message *message, struct buf *out);
