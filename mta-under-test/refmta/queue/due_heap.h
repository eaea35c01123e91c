/*
 * The items that wait for their time, earliest first; those of the same time in the order in which
 * they came. A binary heap: adding and removing cost O(log n).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct queue_item;

/* The caller's storage; all zero is an empty heap. */
struct due_heap {
    struct queue_item **items;
    size_t count;
    size_t size;
};

void due_heap_deinit(struct due_heap *heap);
void due_heap_add(struct due_heap *heap, struct queue_item *item);
void due_heap_remove(struct due_heap *heap, struct queue_item *item);
/* NULL if it is empty. */
struct queue_item *due_heap_first(const struct due_heap *heap);
