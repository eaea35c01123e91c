#include "mta-under-test/base/map.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "mta-under-test/base/poison.h"

enum { MAP_FIRST_BUCKETS = 4 };

/* Small, since of a large scenario there are millions: the hash is not kept, and the key begins
 * right behind its length. */

struct map_entry {
    struct map_entry *chain; /* the next one in the bucket */
    struct map_entry *next;  /* in the order of insertion */
    struct map_entry *prev;
    void *value;
    uint32_t key_len;
    char key[];
};

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_deinit(struct map *map, void (*free_value)(void *value))
{
    struct map_entry *entry = map->first;
    while (entry != NULL) {
        struct map_entry *next = entry->next;
        if (free_value != NULL)
            free_value(entry->value);
        free(entry);
        entry = next;
    }
    free(map->buckets);
    map_init(map);
}

/* FNV-1a, with a final mix for the low bits that choose the bucket. */
static uint64_t map_hash(struct slice key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.len; i++) {
        hash ^= (unsigned char)key.data[i];
        hash *= 0x100000001b3u;
    }
    return hash ^ hash >> 32;
}

static struct map_entry **map_bucket(const struct map *map, struct slice key)
{
    return &map->buckets[map_hash(key) & (map->bucket_count - 1)];
}

static struct map_entry **map_slot(const struct map *map, struct slice key)
{
    struct map_entry **slot = map_bucket(map, key);
    while (*slot != NULL && !slice_equal(map_key_slice(*slot), key))
        slot = &(*slot)->chain;
    return slot;
}

static void map_grow(struct map *map)
{
    free(map->buckets);
    map->bucket_count = map->bucket_count > 0 ? map->bucket_count * 2 : MAP_FIRST_BUCKETS;
    map->buckets = mem_alloc_array(map->bucket_count, sizeof *map->buckets);
    for (struct map_entry *entry = map->first; entry != NULL; entry = entry->next) {
        struct map_entry **bucket = map_bucket(map, map_key_slice(entry));
        entry->chain = *bucket;
        *bucket = entry;
    }
}

void *map_get(const struct map *map, struct slice key)
{
    if (map->count == 0)
        return NULL;
    struct map_entry *entry = *map_slot(map, key);
    return entry != NULL ? entry->value : NULL;
}

void *map_get_text(const struct map *map, const char *key)
{
    return map_get(map, slice_of(key));
}

void *map_set(struct map *map, struct slice key, void *value)
{
    if (map->count >= map->bucket_count)
        map_grow(map);
    struct map_entry **slot = map_slot(map, key);
    if (*slot != NULL) {
        void *old = (*slot)->value;
        (*slot)->value = value;
        return old;
    }
    assert(key.len < UINT32_MAX);
    struct map_entry *entry = mem_alloc(offsetof(struct map_entry, key) + key.len + 1);
    if (key.len > 0)
        memcpy(entry->key, key.data, key.len);
    entry->key_len = (uint32_t)key.len;
    entry->value = value;
    entry->prev = map->last;
    *(map->last != NULL ? &map->last->next : &map->first) = entry;
    map->last = entry;
    *slot = entry;
    map->count++;
    return NULL;
}

void *map_set_text(struct map *map, const char *key, void *value)
{
    return map_set(map, slice_of(key), value);
}

void *map_remove(struct map *map, struct slice key)
{
    if (map->count == 0)
        return NULL;
    struct map_entry **slot = map_slot(map, key);
    struct map_entry *entry = *slot;
    if (entry == NULL)
        return NULL;
    *slot = entry->chain;
    *(entry->prev != NULL ? &entry->prev->next : &map->first) = entry->next;
    *(entry->next != NULL ? &entry->next->prev : &map->last) = entry->prev;
    map->count--;
    void *value = entry->value;
    free(entry);
    return value;
}

struct map_entry *map_first(const struct map *map)
{
    return map->first;
}

struct map_entry *map_last(const struct map *map)
{
    return map->last;
}

struct map_entry *map_next(const struct map_entry *entry)
{
    return entry->next;
}

const char *map_key(const struct map_entry *entry)
{
    return entry->key;
}

struct slice map_key_slice(const struct map_entry *entry)
{
    return slice_from(entry->key, entry->key_len);
}

void *map_value(const struct map_entry *entry)
{
    return entry->value;
}
