#include "mta-under-test/refmta/queue/due_heap.h"

#include "mta-under-test/base/rng.h"
#include "mta-under-test/refmta/queue/queue.h"
#include "tests/unit/unit.h"

enum { ITEMS = 500 };

START_TEST(items_come_in_the_order_of_their_time)
{
    static struct queue_item *items[ITEMS];
    struct due_heap heap = {0};
    struct rng rng;
    rng_init(&rng, 7);
    for (size_t i = 0; i < ITEMS; i++) {
        items[i] = mem_alloc(sizeof **items);
        items[i]->due_us = (int64_t)rng_below(&rng, 50);
        items[i]->order = i;
        due_heap_add(&heap, items[i]);
    }
    for (size_t i = 0; i < ITEMS; i += 3) {
        due_heap_remove(&heap, items[i]);
        items[i]->due_us = -1;
    }
    size_t left = heap.count;
    ck_assert_uint_eq(left, ITEMS - (ITEMS + 2) / 3);
    int64_t last_us = 0;
    uint64_t last_order = 0;
    for (; left > 0; left--) {
        struct queue_item *first = due_heap_first(&heap);
        ck_assert(first->due_us > last_us ||
                  (first->due_us == last_us && (first->order >= last_order)));
        last_us = first->due_us;
        last_order = first->order;
        due_heap_remove(&heap, first);
    }
    ck_assert_ptr_null(due_heap_first(&heap));
    due_heap_deinit(&heap);
    for (size_t i = 0; i < ITEMS; i++)
        free(items[i]);
}
END_TEST

UNIT_MAIN(items_come_in_the_order_of_their_time)
