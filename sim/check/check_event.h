/*
 * Expectations of any event of the log, for facts that have no words of their own:
 *
 *     { "event": "policy request", "with": { "host": "mta-sts.*", "status": "200..299" },
 *       "count": "1.." }
 *
 * "event" is a pattern of source and kind. Each member of "with" names a fact ("tls.version" one
 * inside an object); a text is compared as a pattern, a number as a range, and of an array one
 * element must fit. docs/events.md has the events and their facts.
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/buf.h"
#include "sim/value/pattern.h"
#include "sim/value/range.h"

enum { CHECK_EVENT_FACTS_MAX = 32 };

struct check_event_fact {
    const char *name;
    struct pattern *pattern; /* NULL: only a number or a truth value can fit */
    bool range_given;
    struct range range;
    bool truth_given;
    bool truth;
};

struct check_event_wish {
    struct pattern *event; /* "policy request" */
    struct check_event_fact *facts;
    size_t fact_count;
};

/* -1 if no event has such a source and kind: the expectation could never be met, or never be
 * missed. `spec` is where the pattern stands. */
int check_event_check(struct spec spec, const struct check_event_wish *wish,
                      struct err *err) MUST_CHECK;
/* Reads the object "with". Lives in `arena`; release it before the arena goes. */
int check_event_read(struct spec with, struct arena *arena, struct check_event_wish *wish,
                     struct err *err) MUST_CHECK;
void check_event_release(struct check_event_wish *wish);

bool check_event_fits(const struct check_event_wish *wish, const cJSON *event);

/* In words: "policy request with status 200". */
void check_event_to_text(const struct check_event_wish *wish, struct arena *arena, struct buf *out);
