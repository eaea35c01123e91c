/*
 * What is known of a receiver as one line of text, so that a restart or new rules do not forget it:
 * fields with tabs between them, times by the wall clock. Pure functions.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/refmta/shaping/shaping_site.h"

/* Appends the line without its end; false, and nothing is appended, when nothing is worth it. */
bool shaping_memory_write(const struct shaping_site *site, struct shaping_now now, struct buf *out);

/* Takes it up again, as far as it still holds and the rules have a rule of that name; what cannot
 * be read is left out. */
void shaping_memory_read(struct shaping_site *site, const struct shaping_rules *rules,
                         struct slice line, struct shaping_now now);

/* Whether the line says anything after `wall_us`. */
bool shaping_memory_holds(struct slice line, int64_t wall_us);
