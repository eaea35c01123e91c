/*
 * Finds deliveries by a message and its recipient. A campaign has a million of them, so it keeps
 * nothing but a chain through the deliveries themselves: no copies of keys, no entries.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct check_delivery;

enum check_index_kind {
    CHECK_INDEX_MESSAGES,
    CHECK_INDEX_RECIPIENTS, /* the message counts as "" */
    CHECK_INDEX_COUNT,
};

/* What a delivery has for each kind. */
struct check_index_link {
    const char *message; /* by which it is found; NULL = it is in no index of this kind */
    struct check_delivery *next;
    uint32_t hash;
};

/* The caller's storage; all zero but for the kind is an empty index. */
struct check_index {
    enum check_index_kind kind;
    struct check_delivery **buckets;
    size_t bucket_count;
    size_t count;
};

void check_index_deinit(struct check_index *index);

/* NULL if there is none. Recipients compare without case: servers may change it on the way. */
struct check_delivery *check_index_find(const struct check_index *index, const char *message,
                                        const char *recipient);
/* Has it found by this message and its recipient, in place of another that was, and no longer by a
 * message before. `message` stays with the caller; one delivery is in one index of a kind. */
void check_index_set(struct check_index *index, const char *message,
                     struct check_delivery *delivery);
