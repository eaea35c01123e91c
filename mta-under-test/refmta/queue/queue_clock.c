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

/* The time that the recipient waits beyond what its schedule gives it from now on. What is held
 * waits for a person, and until `hold_until_us` the sender wants it so. */
static int64_t excess_us(const struct queue *queue, const struct message *message,
                         const struct message_recipient *recipient, int64_t now_us)
{
    if (recipient->state != RECIPIENT_WAITING || message_is_held(recipient) ||
        recipient->due_us <= message->hold_until_us)
        return 0;
    int64_t wait_us =
        recipient->attempts > 0 ? schedule_wait_us(&queue->config->retry, recipient->attempts) : 0;
    int64_t more_us = recipient->due_us - (now_us + wait_us);
    return more_us >= STEP_MIN_US ? more_us : 0;
}

/* The time of receipt stays: a clock that is wrong just now must not make mail look old when it is
 * right again, since to give up early is worse than to give up late. */
void queue_clock_resume(struct queue *queue)
{
    int64_t now_us = time_now_us();
    int64_t longest_us = 0;
    size_t count = 0;
    for (struct map_entry *at = map_first(&queue->messages); at != NULL; at = map_next(at)) {
        const struct message *message = map_value(at);
        for (uint32_t i = 0; i < message->recipient_count; i++) {
            int64_t more_us = excess_us(queue, message, &message->recipients[i], now_us);
            message->recipients[i].due_us -= more_us;
            count += more_us > 0;
            longest_us = more_us > longest_us ? more_us : longest_us;
        }
    }
    if (count == 0)
        return;
    char span[TIME_TEXT_BYTES];
    log_text(
        queue->log, "waits-shortened",
        "%zu recipients would have waited longer than \"retry\" allows, by up to %s: while the "
        "server was stopped its clock was set back, or \"retry\" was changed",
        count, time_span_to_text(longest_us, span));
}
