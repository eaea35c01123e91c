#include "mta-under-test/refmta/queue/queue_private.h"

#include "mta-under-test/base/poison.h"

static void count_destination(void *arg, const struct queue_destination *destination)
{
    struct queue_figures *figures = arg;
    figures->destinations++;
    figures->ready += destination->ready.count;
    figures->failing += destination->failures > 0 ? 1 : 0;
}

void queue_figures(struct queue *queue, struct queue_figures *figures)
{
    struct store_figures store;
    store_catch_up(queue->store);
    store_figures(queue->store, &store);
    *figures = (struct queue_figures){
        .messages = queue->messages.count,
        .waiting = queue->waiting.count,
        .held = queue->held_count,
        .stored_bytes = store.total_bytes,
        .live_bytes = store.live_bytes,
        .received_bytes = queue->received_bytes,
        .trouble = store.error != 0 ? strerror(store.error) : NULL,
        .accept_time = &queue->accept_time,
        .delivery_time = &queue->delivery_time,
    };
    queue_each_destination(queue, count_destination, figures);
}
