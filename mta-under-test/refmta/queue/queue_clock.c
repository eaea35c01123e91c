#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/queue_private.h"

#include "mta-under-test/base/poison.h"

/* What a clock that is kept right by small steps does anyway. */
#define STEP_MIN_US TIME_SECOND

/* Only backwards: after a step forward what is due is due, as after a machine that slept. */
void queue_clock_follow(struct queue *queue)
{
    int64_t ahead_us = time_now_us() - time_monotonic_us();
    int64_t back_us = queue->clock_ahead_us - ahead_us;
    queue->clock_ahead_us = ahead_us;
    if (back_us < STEP_MIN_US)
        return;
    char span[TIME_TEXT_BYTES];
    log_text(queue->log, "clock-set-back", "by %s: what waits for a time waits as long as before",
             time_span_to_text(back_us, span));
    /* All alike, so the heap stays in order. */
    for (size_t i = 0; i < queue->waiting.count; i++)
        queue->waiting.items[i]->due_us -= back_us;
    for (struct map_entry *at = map_first(&queue->destinations); at != NULL; at = map_next(at)) {
        struct queue_destination *destination = map_value(at);
        if (destination->blocked_until_us > 0)
            destination->blocked_until_us -= back_us;
    }
    queue->timer_due_us = INT64_MAX;
}
