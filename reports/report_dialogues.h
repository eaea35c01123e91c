/*
 * The dialogues of the SMTP sessions at the simulated hosts. Only some sessions keep their steps,
 * and which ones is known only when all was read, since a check may name any: so the steps of those
 * are read afterwards, each from where its session begins in the event log.
 */
#pragma once

#include "reports/report_model.h"
#include "sim/event/event_file.h"

/* Whether an event whose source is "mx" is a step of a session that goes on, and of which kind. */
bool report_dialogues_step(const cJSON *event, enum report_step_kind *kind);

/* Chooses the sessions and reads their steps. `file` is the log from which they were read. -1 with
 * its path in `err`. */
int report_dialogues_read(struct report_run *run, struct event_file *file,
                          struct err *err) MUST_CHECK;
