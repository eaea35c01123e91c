#include "mta-under-test/refmta/app/listeners.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/report/suppression.h"

#include "mta-under-test/base/poison.h"

static void note(const struct listeners *listeners, enum sender_count count, const char *sender,
                 const char *recipient)
{
    struct sender_alarm alarm;
    struct log_line line;
    int64_t now_us = time_now_us();
    if (!sender_watch_note(listeners->watch, count, sender, recipient, now_us, &alarm))
        return;
    log_begin(&line, listeners->log, "sender-alarm");
    json_out_text(&line.json, "submitter", sender);
    json_out_text(&line.json, "count", sender_count_name(alarm.count));
    json_out_int(&line.json, "value", alarm.value);
    json_out_real(&line.json, "usual", alarm.mean, 1);
    json_out_real(&line.json, "limit", alarm.limit, 1);
    json_out_bool(&line.json, "held", sender_watch_holds(listeners->watch, sender, now_us));
    log_end(&line);
}

bool listeners_must_hold(const struct listeners *listeners, const struct message *message)
{
    const char *sender = message->submitter;
    if (listeners->watch == NULL || sender == NULL)
        return false;
    for (uint32_t i = 0; i < message->recipient_count; i++)
        note(listeners, SENDER_RECIPIENTS, sender, message->recipients[i].address);
    return sender_watch_holds(listeners->watch, sender, time_now_us());
}

static void watch(const struct listeners *listeners, const struct queue_event *event)
{
    /* A complaint names the reverse-path only: who has logged in is not known from it. */
    const char *sender = event->submitter != NULL ? event->submitter : event->sender;
    if (listeners->watch == NULL || sender == NULL)
        return;
    if (event->kind == QUEUE_EVENT_COMPLAINED)
        note(listeners, SENDER_COMPLAINTS, sender, event->recipient);
    else if (event->kind == QUEUE_EVENT_BOUNCED && event->submitter != NULL &&
             suppression_is_hard(event->reason))
        note(listeners, SENDER_BOUNCES, sender, event->recipient);
}

void listeners_tell(const struct listeners *listeners, const struct queue_event *event)
{
    watch(listeners, event);
    if (listeners->webhooks != NULL)
        webhooks_note(listeners->webhooks, event);
}
