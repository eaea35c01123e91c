/*
 * What is known of peers that come again: a value for each key, for a bounded number of keys. A key
 * that was not touched for some time, or the one that was quiet for the longest when there are too
 * many, is forgotten.
 */
#pragma once

#include <stdint.h>

#include "mta-under-test/base/list.h"
#include "mta-under-test/base/map.h"

/* The caller's storage. */
struct recent {
    struct map entries;
    struct list order; /* the longest quiet first */
    size_t value_bytes;
    size_t count_max;
    int64_t forget_us;
};

void recent_init(struct recent *recent, size_t value_bytes, size_t count_max, int64_t forget_us);
void recent_deinit(struct recent *recent);

/* The value of the key, NULL if it is not known; valid until the next call. */
void *recent_find(struct recent *recent, struct slice key, int64_t now_us);
/* The same; a key that is not known gets a value of zeroes. It is the last to be forgotten now. */
void *recent_touch(struct recent *recent, struct slice key, int64_t now_us)
    __attribute__((returns_nonnull));
