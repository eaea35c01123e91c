/*
 * Whether a rule can be reached at all. Told is only what is certain: a rule whose conditions each
 * hold whenever those of a later one do leaves nothing to it. Only for this folder.
 */
#pragma once

#include "sim/mx/mx_rule.h"

/* -1 at a rule of the list that stands behind others which together decide all of its stages. */
int mx_rule_check_reach(const struct mx_rule_list *list, const struct mx_rule *rule,
                        struct err *err) MUST_CHECK;
