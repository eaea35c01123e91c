/*
 * The rules as one host applies them: its own list, then those of its profiles, the state they
 * count in, and how often each rule fired.
 */
#pragma once

#include "sim/event/event_log.h"
#include "sim/mx/mx_rule.h"

/* A rule's life at one host. */
struct mx_rule_run {
    uint64_t fired;
    struct rng rng;
};

struct mx_rulebook {
    const struct mx_rule_list *const *lists; /* own, profiles, then those rules may switch to */
    size_t list_count;
    size_t active_count; /* the first so many are asked unless a rule has switched */
    uint64_t seed;
    const char *host;
    struct mx_state *state;
    struct mx_rule_run *runs; /* of all rules of all lists, in order; made at the first use */
};

/* Makes the runs; `state` may be shared with other hosts and is not owned. */
void mx_rulebook_start(struct mx_rulebook *book, struct mx_state *state);
void mx_rulebook_deinit(struct mx_rulebook *book);

/* Tells the counters what happens. */
void mx_rulebook_note(struct mx_rulebook *book, const struct mx_facts *facts,
                      const struct mx_happening *happening);

/*
 * Asks the rules of `stage`, and in the same breath those of any stage in `also` (MX_STAGE_BIT()s,
 * 0 = none), from the top; a rule that names several of them is asked once. The first that holds
 * decides, those with "continue" add their effects and let the next be asked. The result is in
 * *effects (which is reset first). Each rule that fires is counted and logged (`log` may be NULL).
 */
void mx_rulebook_ask(struct mx_rulebook *book, enum mx_stage stage, unsigned also,
                     const struct mx_facts *facts, struct event_log *log,
                     struct mx_effects *effects);

/* How often a rule fired; -1 if there is no rule of that name. */
int64_t mx_rulebook_fired(const struct mx_rulebook *book, const char *rule);
/* Calls back for each active rule: its list's name, its name, how often it fired. */
typedef void mx_rulebook_visitor(void *context, const char *list, const char *rule, uint64_t fired);
void mx_rulebook_visit(const struct mx_rulebook *book, mx_rulebook_visitor *visitor, void *context);
