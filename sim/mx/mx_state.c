#include "sim/mx/mx_state.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/map.h"

#include "mta-under-test/base/poison.h"

enum { MX_TALLY_PARTS = 64, MX_STATE_KEY_BYTES_MAX = 8192 };

struct mx_state {
    struct map records;
    size_t records_max;
    struct buf key; /* scratch */
};

struct mx_state *mx_state_new(size_t records_max)
{
    struct mx_state *state = mem_alloc(sizeof *state);
    map_init(&state->records);
    state->records_max = records_max;
    buf_init(&state->key, MX_STATE_KEY_BYTES_MAX);
    return state;
}

static void mx_record_free(void *value)
{
    struct mx_record *record = value;
    if (record != NULL)
        free(record->tallies);
    free(record);
}

void mx_state_free(struct mx_state **state_at)
{
    struct mx_state *state = *state_at;
    if (state == NULL)
        return;
    *state_at = NULL;
    map_deinit(&state->records, mx_record_free);
    buf_deinit(&state->key);
    free(state);
}

/* Slot and key as one key of the map. */
static void mx_state_write_key(struct buf *out, unsigned slot, struct slice key)
{
    buf_reset(out);
    buf_add(out, &slot, sizeof slot);
    buf_add_slice(out, slice_first(key, MX_STATE_KEY_BYTES_MAX - sizeof slot));
}

struct mx_record *mx_state_find(const struct mx_state *state, unsigned slot, struct slice key)
{
    struct buf whole;
    buf_init(&whole, MX_STATE_KEY_BYTES_MAX);
    mx_state_write_key(&whole, slot, key);
    struct mx_record *record = map_get(&state->records, buf_slice(&whole));
    buf_deinit(&whole);
    return record;
}

struct mx_record *mx_state_make(struct mx_state *state, unsigned slot, struct slice key,
                                int64_t now_us)
{
    mx_state_write_key(&state->key, slot, key);
    struct mx_record *record = map_get(&state->records, buf_slice(&state->key));
    if (record != NULL)
        return record;
    if (state->records.count >= state->records_max) {
        struct slice oldest = map_key_slice(map_first(&state->records));
        mx_record_free(map_remove(&state->records, oldest));
    }
    record = mem_alloc(sizeof *record);
    record->first_us = now_us;
    record->last_us = now_us;
    map_set(&state->records, buf_slice(&state->key), record);
    return record;
}

void mx_record_restart(struct mx_record *record, int64_t now_us)
{
    free(record->tallies);
    *record = (struct mx_record){.first_us = now_us, .last_us = now_us};
}

/* Takes off what has left the window. */
static void mx_tally_expire(struct mx_record *record, int64_t now_us, int64_t window_us)
{
    size_t gone = 0;
    while (gone < record->tally_count && record->tallies[gone].at_us <= now_us - window_us)
        gone++;
    if (gone == 0)
        return;
    record->tally_count -= gone;
    memmove(record->tallies, record->tallies + gone,
            record->tally_count * sizeof record->tallies[0]);
}

void mx_tally_add(struct mx_record *record, int64_t now_us, int64_t window_us, int64_t amount)
{
    mx_tally_expire(record, now_us, window_us);
    if (record->tally_count > 0) {
        struct mx_tally *last = &record->tallies[record->tally_count - 1];
        if (now_us - last->at_us < window_us / MX_TALLY_PARTS) {
            last->amount += amount;
            return;
        }
    }
    if (record->tally_count == record->tally_size) {
        record->tally_size = record->tally_size > 0 ? record->tally_size * 2 : 4;
        record->tallies = mem_grow(record->tallies, record->tally_size, sizeof record->tallies[0]);
    }
    record->tallies[record->tally_count++] = (struct mx_tally){now_us, amount};
}

int64_t mx_tally_sum(struct mx_record *record, int64_t now_us, int64_t window_us)
{
    mx_tally_expire(record, now_us, window_us);
    int64_t sum = 0;
    for (size_t i = 0; i < record->tally_count; i++)
        sum += record->tallies[i].amount;
    return sum;
}

int64_t mx_tally_wait_us(struct mx_record *record, int64_t now_us, int64_t window_us, int64_t limit)
{
    int64_t sum = mx_tally_sum(record, now_us, window_us);
    for (size_t i = 0; i < record->tally_count; i++) {
        if (sum <= limit)
            return i == 0 ? 0 : record->tallies[i - 1].at_us + window_us - now_us;
        sum -= record->tallies[i].amount;
    }
    if (record->tally_count == 0)
        return 0;
    return record->tallies[record->tally_count - 1].at_us + window_us - now_us;
}
