#include "mta-under-test/base/recent.h"

#include <stdalign.h>
#include <stdlib.h>

#include "mta-under-test/base/poison.h"

struct recent_entry {
    struct list link;
    int64_t last_us;
    char *key; /* behind the value */
    size_t key_len;
    alignas(max_align_t) char value[];
};

static void forget(struct recent *recent, struct recent_entry *entry)
{
    map_remove(&recent->entries, slice_from(entry->key, entry->key_len));
    list_remove(&entry->link);
    free(entry);
}

static struct recent_entry *oldest(struct recent *recent)
{
    return LIST_ENTRY(recent->order.next, struct recent_entry, link);
}

static void forget_old(struct recent *recent, int64_t now_us)
{
    while (recent->entries.count > 0 && now_us - oldest(recent)->last_us >= recent->forget_us)
        forget(recent, oldest(recent));
}

void recent_init(struct recent *recent, size_t value_bytes, size_t count_max, int64_t forget_us)
{
    *recent =
        (struct recent){.value_bytes = value_bytes, .count_max = count_max, .forget_us = forget_us};
    map_init(&recent->entries);
    list_init(&recent->order);
}

void recent_deinit(struct recent *recent)
{
    while (recent->entries.count > 0)
        forget(recent, oldest(recent));
    map_deinit(&recent->entries, NULL);
}

void *recent_find(struct recent *recent, struct slice key, int64_t now_us)
{
    forget_old(recent, now_us);
    struct recent_entry *entry = map_get(&recent->entries, key);
    return entry != NULL ? entry->value : NULL;
}

void *recent_touch(struct recent *recent, struct slice key, int64_t now_us)
{
    forget_old(recent, now_us);
    struct recent_entry *entry = map_get(&recent->entries, key);
    if (entry != NULL) {
        list_remove(&entry->link);
    } else {
        if (recent->entries.count >= recent->count_max)
            forget(recent, oldest(recent));
        entry = mem_alloc(sizeof *entry + recent->value_bytes + key.len);
        entry->key = entry->value + recent->value_bytes;
        entry->key_len = key.len;
        memcpy(entry->key, key.data, key.len);
        map_set(&recent->entries, key, entry);
    }
    list_push_back(&recent->order, &entry->link);
    entry->last_us = now_us;
    return entry->value;
}
