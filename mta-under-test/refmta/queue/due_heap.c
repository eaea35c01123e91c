#include "mta-under-test/refmta/queue/due_heap.h"

#include <assert.h>

#include "mta-under-test/base/mem.h"
#include "mta-under-test/refmta/queue/queue.h"

#include "mta-under-test/base/poison.h"

static bool is_before(const struct queue_item *a, const struct queue_item *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void place(struct due_heap *heap, size_t index, struct queue_item *item)
{
    heap->items[index] = item;
    item->heap_index = index;
}

static void sift_up(struct due_heap *heap, size_t index)
{
    struct queue_item *item = heap->items[index];
    while (index > 0 && is_before(item, heap->items[(index - 1) / 2])) {
        place(heap, index, heap->items[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    place(heap, index, item);
}

static void sift_down(struct due_heap *heap, size_t index)
{
    struct queue_item *item = heap->items[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && is_before(heap->items[child + 1], heap->items[child]))
            child++;
        if (!is_before(heap->items[child], item))
            break;
        place(heap, index, heap->items[child]);
        index = child;
    }
    place(heap, index, item);
}

void due_heap_deinit(struct due_heap *heap)
{
    free(heap->items);
    *heap = (struct due_heap){0};
}

void due_heap_add(struct due_heap *heap, struct queue_item *item)
{
    if (heap->count == heap->size) {
        heap->size = heap->size > 0 ? heap->size * 2 : 64;
        heap->items = mem_grow(heap->items, heap->size, sizeof(struct queue_item *));
    }
    heap->items[heap->count] = item;
    heap->count++;
    sift_up(heap, heap->count - 1);
}

void due_heap_remove(struct due_heap *heap, struct queue_item *item)
{
    size_t index = item->heap_index;
    assert(index < heap->count && heap->items[index] == item);
    heap->count--;
    if (index == heap->count)
        return;
    struct queue_item *moved = heap->items[heap->count];
    place(heap, index, moved);
    sift_up(heap, index);
    sift_down(heap, moved->heap_index);
}

struct queue_item *due_heap_first(const struct due_heap *heap)
{
    return heap->count > 0 ? heap->items[0] : NULL;
}
