/*
 * Profiles: ready sets of settings and rules that hosts share, one JSON file each, or a scenario's
 * own. A profile has what a host has, and `about`, `sources` and `assumptions` in words.
 */
#pragma once

#include "sim/mx/mx_rule.h"

struct mx_profiles;

struct mx_profile {
    struct spec spec; /* the whole file */
    struct mx_rule_list rules;
};

struct mx_profiles *mx_profiles_new(const char *root, struct arena *arena, unsigned *next_slot);
void mx_profiles_free(struct mx_profiles **profiles);

/* Profiles that stand in a scenario, by name; they come before files of the same name and are read
 * when they are used. */
int mx_profiles_add(struct mx_profiles *profiles, struct spec spec, struct err *err) MUST_CHECK;
/* Once the hosts have been read: reads those that none of them uses, which is a reason to say so,
 * but none to let them be wrong. */
int mx_profiles_check_rest(struct mx_profiles *profiles, struct spec spec,
                           struct err *err) MUST_CHECK;
/* Calls back for each of those. */
void mx_profiles_visit(const struct mx_profiles *profiles,
                       void (*visit)(void *context, struct spec spec, const char *name,
                                     const struct mx_rule_list *rules, bool used),
                       void *context);

/* The profile, read at the first use; `place` is where the scenario names it. NULL with `err`. */
const struct mx_profile *mx_profiles_get(struct mx_profiles *profiles, struct spec place,
                                         const char *name, struct err *err) MUST_CHECK;
/* Its rules, in the shape that struct mx_rule_reader wants. */
const struct mx_rule_list *mx_profiles_get_rules(void *profiles, struct spec place,
                                                 const char *name, struct err *err);
