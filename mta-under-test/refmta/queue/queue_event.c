#include "mta-under-test/refmta/queue/queue_event.h"

#include "mta-under-test/refmta/queue/queue_private.h"

#include "mta-under-test/base/poison.h"

void queue_note(const struct queue *queue, const struct queue_event *event)
{
    if (queue->on_event != NULL)
        queue->on_event(queue->arg, event);
}

void queue_tell(const struct queue *queue, const struct message *message,
                const struct queue_event *event)
{
    struct queue_event whole = *event;
    whole.id = message->id;
    whole.sender = message->sender;
    whole.submitter = message->submitter;
    queue_note(queue, &whole);
}

void queue_tell_accepted(const struct queue *queue, const struct message *message)
{
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct queue_event event = {.kind = QUEUE_EVENT_ACCEPTED,
                                          .recipient = message->recipients[i].address};
        queue_tell(queue, message, &event);
    }
}
