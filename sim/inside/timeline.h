/*
 * What happens when: calls back for each entry of the scenario's timeline at its time, and for its
 * end where it has one ("for"); as often as the entry says ("every", "times").
 */
#pragma once

#include <event2/event.h>

#include "sim/event/event_log.h"
#include "sim/scenario/scenario.h"

struct timeline;

/* `over`: false when the entry begins, true when its "for" has passed. */
typedef void timeline_act(void *context, const struct scenario_event *entry, bool over);

/* The scenario must live longer. Entries count from the start of the log. */
struct timeline *timeline_new(struct event_base *base, struct event_log *log,
                              const struct scenario *scenario, timeline_act *act, void *context);
void timeline_free(struct timeline **timeline);

/* True when nothing is left to happen. */
bool timeline_is_done(const struct timeline *timeline);
