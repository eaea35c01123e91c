/*
 * A map from bytes to a pointer. It keeps copies of the keys, not of the values. Entries are walked
 * in the order of insertion, so that output made from a map is the same in each run. Hashing is
 * seeded with a constant: for keys of a hostile peer give a limit on their number.
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

struct map_entry;

/* The caller's storage; all zero is an empty map. */
struct map {
    struct map_entry **buckets;
    size_t bucket_count;
    size_t count;
    struct map_entry *first;
    struct map_entry *last;
};

void map_init(struct map *map);
/* Frees entries and keys; `free_value` (or NULL) is called for each value. */
void map_deinit(struct map *map, void (*free_value)(void *value));

/* The value, or NULL. */
void *map_get(const struct map *map, struct slice key);
void *map_get_text(const struct map *map, const char *key);

/* Sets the value of the key; returns the value it had before, or NULL. */
void *map_set(struct map *map, struct slice key, void *value);
void *map_set_text(struct map *map, const char *key, void *value);

/* Takes the entry out; returns its value, or NULL. */
void *map_remove(struct map *map, struct slice key);

/* Walking: start with map_first(); the entry at hand must not be removed before the step. */
struct map_entry *map_first(const struct map *map);
struct map_entry *map_next(const struct map_entry *entry);
/* The key that was set anew last. */
struct map_entry *map_last(const struct map *map);
/* The key, which ends in NUL: the map's own copy, good until the entry is taken out. */
const char *map_key(const struct map_entry *entry);
struct slice map_key_slice(const struct map_entry *entry);
void *map_value(const struct map_entry *entry);
