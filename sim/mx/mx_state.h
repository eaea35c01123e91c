/*
 * What a host (or all hosts of one provider) remembers between sessions: greylist triplets,
 * attempts, counters in sliding windows, open connections, effects that last. One record for each
 * (slot, key); a slot is the number of the condition or rule that it belongs to. The number of
 * records is bounded: the oldest gives way.
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

struct mx_state;

/* Amounts that came together in time, for a sliding window. */
struct mx_tally {
    int64_t at_us;
    int64_t amount;
};

struct mx_record {
    int64_t first_us; /* when it was made */
    int64_t last_us;
    int64_t until_us; /* of an effect that lasts, of an allowance */
    int64_t count;
    bool passed;              /* a triplet that was let through */
    struct mx_tally *tallies; /* oldest first */
    size_t tally_count;
    size_t tally_size;
};

struct mx_state *mx_state_new(size_t records_max);
void mx_state_free(struct mx_state **state);

/* The record, or NULL. Valid until the next mx_state_make(). */
struct mx_record *mx_state_find(const struct mx_state *state, unsigned slot, struct slice key);
/* The record, made at `now_us` if it is not there. */
struct mx_record *mx_state_make(struct mx_state *state, unsigned slot, struct slice key,
                                int64_t now_us);
/* Starts a record over as if it were new. */
void mx_record_restart(struct mx_record *record, int64_t now_us);

/* The sliding window: what was added in the last `window_us`. Exact to a 64th of the window. */
void mx_tally_add(struct mx_record *record, int64_t now_us, int64_t window_us, int64_t amount);
int64_t mx_tally_sum(struct mx_record *record, int64_t now_us, int64_t window_us);
/* How long it takes until the sum has fallen to `limit` or below, if nothing is added. */
int64_t mx_tally_wait_us(struct mx_record *record, int64_t now_us, int64_t window_us,
                         int64_t limit);
