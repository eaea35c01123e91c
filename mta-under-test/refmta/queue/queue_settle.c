#include <assert.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/queue_private.h"
#include "mta-under-test/refmta/queue/report_decision.h"
#include "mta-under-test/refmta/queue/retry_decision.h"
#include "mta-under-test/refmta/report/dsn.h"

#include "mta-under-test/base/poison.h"

/* A destination that failed is tried again at least so often, whatever its messages' schedule. */
#define BLOCK_MAX_US (10 * TIME_MINUTE)

/* The work on one item. */
struct settling {
    struct queue *queue;
    struct queue_item *item;
    struct message *message;
    struct retry_decision retry;
    int64_t now_us;
    uint32_t *by_kind[4]; /* for each enum dsn_kind, the recipients that a report is due for */
    size_t kind_counts[4];
    uint32_t left; /* recipients that go on waiting */
    bool has_counted_report;
    bool may_report; /* within the limit on reports to this sender */
};

/* The recipient counts failed attempts; the one that delivers is one more. */
static unsigned attempts_of(const struct message_recipient *recipient)
{
    return recipient->attempts + (recipient->state == RECIPIENT_DELIVERED ? 1 : 0);
}

static void tell(const struct settling *settling, enum queue_event_kind kind,
                 const struct message_recipient *recipient, const struct reason *reason)
{
    const struct queue_event event = {.kind = kind,
                                      .recipient = recipient->address,
                                      .reason = reason,
                                      .attempts = attempts_of(recipient)};
    queue_tell(settling->queue, settling->message, &event);
}

static void log_recipient(struct log_line *line, const struct settling *settling, const char *event,
                          const struct message_recipient *recipient, const struct reason *reason)
{
    queue_log(line, settling->queue, event, settling->message->id);
    json_out_text(&line->json, "recipient", recipient->address);
    json_out_text(&line->json, "destination", settling->item->destination->name);
    if (reason->host[0] != '\0')
        json_out_text(&line->json, "host", reason->host);
    json_out_text(&line->json, "status", reason->status);
    json_out_text(&line->json, reason->said ? "reply" : "reason", reason->text);
}

/* Recipients that end together share one report, and count once. */
static bool may_report_again(struct settling *settling)
{
    struct queue *queue = settling->queue;
    if (!settling->has_counted_report)
        settling->may_report = report_limit_take(&queue->reports, settling->message->sender,
                                                 queue->config->reports_per_hour, settling->now_us);
    settling->has_counted_report = true;
    return settling->may_report;
}

/* Notes that the sender is to be told, or says why it is not. */
static void note_report(struct settling *settling, enum dsn_kind kind, uint32_t index)
{
    const struct message_recipient *recipient = &settling->message->recipients[index];
    struct report_decision_facts facts = {
        .null_sender = settling->message->sender[0] == '\0',
        .is_doubtful = settling->message->is_doubtful,
        .notify = recipient->notify,
        .kind = (int)kind,
    };
    enum report_verdict verdict = report_decide(&facts);
    if (verdict == REPORT_SEND && settling->message->submitter == NULL &&
        !may_report_again(settling))
        verdict = REPORT_TOO_MANY;
    if (verdict == REPORT_SEND) {
        settling->by_kind[kind][settling->kind_counts[kind]++] = index;
        return;
    }
    if (kind != DSN_FAILED)
        return;
    struct log_line line;
    queue_log(&line, settling->queue, "report-dropped", settling->message->id);
    json_out_text(&line.json, "recipient", recipient->address);
    json_out_text(&line.json, "reason", report_verdict_text(verdict));
    log_end(&line);
}

static void settle_delivered(struct settling *settling, uint32_t index,
                             const struct queue_outcome *outcome)
{
    struct message_recipient *recipient = &settling->message->recipients[index];
    struct log_line line;
    recipient->state = RECIPIENT_DELIVERED;
    histogram_add(&settling->queue->delivery_time,
                  settling->now_us - settling->message->received_us);
    log_recipient(&line, settling, "delivered", recipient, &outcome->reason);
    json_out_int(&line.json, "delay-us", settling->now_us - settling->message->received_us);
    json_out_int(&line.json, "attempts", attempts_of(recipient));
    if (outcome->tls != NULL)
        json_out_text(&line.json, "tls", outcome->tls);
    log_end(&line);
    tell(settling, QUEUE_EVENT_DELIVERED, recipient, &outcome->reason);
    /* Where the next server knows DSN, it has taken over the duty (RFC 3461 5.2.2). */
    if (!outcome->peer_has_dsn)
        note_report(settling, outcome->is_final ? DSN_DELIVERED : DSN_RELAYED, index);
}

/* A mailbox that is not there, as its own server says. */
static void suppress(struct settling *settling, const char *address, const struct reason *reason)
{
    struct queue *queue = settling->queue;
    struct err err = {.text = ""};
    if (queue->suppression == NULL || !reason->said || !suppression_is_hard(reason))
        return;
    struct log_line line;
    queue_log(&line, queue, "suppressed", settling->message->id);
    json_out_text(&line.json, "recipient", address);
    json_out_text(&line.json, "kind", suppression_kind_name(SUPPRESSION_BOUNCE));
    if (suppression_add(queue->suppression, SUPPRESSION_BOUNCE, address, reason->text,
                        settling->now_us, &err) != 0)
        json_out_text(&line.json, "not-kept", err.text);
    log_end(&line);
}

static void settle_failed(struct settling *settling, uint32_t index, const struct reason *reason)
{
    struct message_recipient *recipient = &settling->message->recipients[index];
    struct log_line line;
    recipient->state = RECIPIENT_FAILED;
    log_recipient(&line, settling, "failed", recipient, reason);
    json_out_int(&line.json, "attempts", recipient->attempts);
    log_end(&line);
    tell(settling, QUEUE_EVENT_BOUNCED, recipient, reason);
    suppress(settling, recipient->address, reason);
}

static void settle_deferred(struct settling *settling, uint32_t index, const struct reason *reason)
{
    struct message_recipient *recipient = &settling->message->recipients[index];
    const struct retry_decision *retry = &settling->retry;
    struct log_line line;
    if (retry->verdict == RETRY_GIVE_UP) {
        struct log_line expired;
        char span[TIME_TEXT_BYTES];
        queue_log(&expired, settling->queue, "expired", settling->message->id);
        json_out_text(&expired.json, "recipient", recipient->address);
        json_out_text(&expired.json, "after",
                      time_span_to_text(settling->now_us - settling->message->received_us, span));
        log_end(&expired);
        settle_failed(settling, index, reason);
        note_report(settling, DSN_FAILED, index);
        return;
    }
    char text[TIME_TEXT_BYTES];
    recipient->due_us = retry->due_us;
    log_recipient(&line, settling, "deferred", recipient, reason);
    json_out_int(&line.json, "attempts", recipient->attempts);
    json_out_text(&line.json, "until", time_to_rfc3339(retry->due_us, text));
    json_out_format(&line.json, "why", "wait %u of the schedule \"%s\" is %s%s",
                    recipient->attempts, settling->queue->config->retry_text,
                    time_span_to_text(retry->wait_us, text),
                    retry->cut ? ", cut to the give-up time" : "");
    log_end(&line);
    tell(settling, QUEUE_EVENT_DEFERRED, recipient, reason);
    settling->item->recipients[settling->left++] = index;
    if (retry->warn_sender)
        note_report(settling, DSN_DELAYED, index);
}

static void settle_one(struct settling *settling, uint32_t index,
                       const struct queue_outcome *outcome)
{
    struct message_recipient *recipient = &settling->message->recipients[index];
    struct buf status;
    buf_init(&status, RECIPIENT_STATUS_BYTES_MAX * (size_t)2);
    reason_to_text(&outcome->reason, &status);
    message_set_status(recipient, buf_text(&status));
    buf_deinit(&status);
    if (outcome->kind != OUTCOME_DELIVERED)
        recipient->attempts++;
    switch (outcome->kind) {
    case OUTCOME_DELIVERED:
        settle_delivered(settling, index, outcome);
        break;
    case OUTCOME_FAILED:
    case OUTCOME_DROPPED:
        settle_failed(settling, index, &outcome->reason);
        if (outcome->kind == OUTCOME_FAILED)
            note_report(settling, DSN_FAILED, index);
        break;
    case OUTCOME_DEFERRED:
        settle_deferred(settling, index, &outcome->reason);
        break;
    }
    if (recipient->state != RECIPIENT_WAITING)
        settling->message->open_count--;
}

struct removal {
    struct queue *queue;
    struct message *message;
};

static void on_removed(void *arg, int error)
{
    struct removal *removal = arg;
    struct queue *queue = removal->queue;
    (void)error; /* it must succeed */
    store_release(queue->store, &removal->message->entry);
    message_free(&removal->message);
    free(removal);
    queue_tidy(queue);
}

/* Reports but the last go in records of their own: a record has one content. */
static void submit_reports(struct settling *settling, struct store_commit *commit)
{
    static const enum dsn_kind ORDER[] = {DSN_DELAYED, DSN_RELAYED, DSN_DELIVERED, DSN_FAILED};
    struct queue *queue = settling->queue;
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        enum dsn_kind kind = ORDER[i];
        if (settling->kind_counts[kind] == 0)
            continue;
        struct report_request request = {.kind = (int)kind,
                                         .message = settling->message,
                                         .chosen = settling->by_kind[kind],
                                         .count = settling->kind_counts[kind]};
        /* The failure rides on the record that ends the recipient: both happen or neither. */
        struct store_commit *carrier = kind == DSN_FAILED ? commit : store_commit_new();
        if (kind == DSN_DELAYED) {
            settling->message->warned = true;
            record_warned(&carrier->meta, settling->message->id);
        }
        carrier->must_succeed = true;
        queue_add_report(queue, &request, carrier);
        if (kind != DSN_FAILED)
            store_submit(queue->store, carrier);
    }
}

static void submit_changes(struct settling *settling, const uint32_t *all, uint32_t count)
{
    struct queue *queue = settling->queue;
    struct message *message = settling->message;
    struct store_commit *commit = store_commit_new();
    commit->must_succeed = true;
    if (message->open_count > 0) {
        for (uint32_t i = 0; i < count; i++)
            record_update(&commit->meta, message->id, all[i], &message->recipients[all[i]]);
        submit_reports(settling, commit);
        store_submit(queue->store, commit);
        return;
    }
    struct removal *removal = mem_alloc(sizeof *removal);
    *removal = (struct removal){queue, message};
    commit->done = on_removed;
    commit->arg = removal;
    commit->quiet = true;
    record_remove(&commit->meta, message->id);
    submit_reports(settling, commit);
    message->removed = true;
    map_remove(&queue->messages, slice_from((const char *)&message->id, sizeof message->id));
    struct log_line line;
    queue_log(&line, queue, "removed", message->id);
    log_end(&line);
    store_submit(queue->store, commit);
}

/* DELIVERBY (RFC 2852 4.1): with "N" the time to warn comes earlier; 0: never. */
static int64_t warn_after_us(const struct queue *queue, const struct message *message)
{
    int64_t by_us = message->deliver_by_us - message_waits_since(message);
    int64_t usual_us = queue->config->warn_after_us;
    if (message->deliver_by_us == 0 || message->deliver_by_return ||
        (usual_us != 0 && by_us >= usual_us))
        return usual_us;
    return by_us > 0 ? by_us : 1;
}

void queue_settle(struct queue *queue, struct queue_item *item,
                  const struct queue_outcome *outcomes)
{
    struct message *message = item->message;
    uint32_t count = item->recipient_count;
    assert(item->place == QUEUE_TAKEN && !message->removed);
    queue_clock_follow(queue);
    struct settling settling = {
        .queue = queue, .item = item, .message = message, .now_us = time_now_us()};
    struct retry_facts facts = {
        .schedule = &queue->config->retry,
        .received_us = message_waits_since(message),
        .now_us = settling.now_us,
        .give_up_us =
            message_give_up_at(message, queue->config->give_up_us) - message_waits_since(message),
        .warn_after_us = warn_after_us(queue, message),
        .attempts = item->attempts + 1,
        .warned = message->warned,
    };
    settling.retry = retry_decide(&facts);
    uint32_t *all = mem_alloc_array((size_t)count * 5, sizeof *all);
    memcpy(all, item->recipients, count * sizeof *all);
    for (size_t i = 0; i < 4; i++)
        settling.by_kind[i] = all + (i + 1) * count;
    for (uint32_t i = 0; i < count; i++)
        settle_one(&settling, all[i], &outcomes[i]);
    item->recipient_count = settling.left;
    item->attempts++;
    item->due_us = settling.retry.due_us;
    submit_changes(&settling, all, count);
    free(all);
    queue_cache_drop(queue, message);
    if (item->recipient_count > 0)
        queue_item_place(queue, item);
    else
        queue_item_free(queue, item);
}

void queue_destination_failed(struct queue *queue, struct queue_destination *destination,
                              const struct reason *reason)
{
    char text[TIME_TEXT_BYTES];
    struct log_line line;
    struct list held;
    queue_clock_follow(queue);
    destination->failures++;
    int64_t wait_us = schedule_wait_us(&queue->config->retry, destination->failures);
    if (wait_us > BLOCK_MAX_US)
        wait_us = BLOCK_MAX_US;
    destination->blocked_until_us = time_now_us() + wait_us;
    log_begin(&line, queue->log, "destination-failed");
    json_out_text(&line.json, "destination", destination->name);
    json_out_text(&line.json, "reason", reason->text);
    json_out_int(&line.json, "failures", destination->failures);
    json_out_text(&line.json, "until", time_to_rfc3339(destination->blocked_until_us, text));
    json_out_int(&line.json, "held", (int64_t)destination->ready.count);
    log_end(&line);
    list_init(&held);
    for (struct list *link; (link = fair_list_take(&destination->ready)) != NULL;)
        list_push_back(&held, link);
    for (struct list *link; (link = list_pop_front(&held)) != NULL;)
        queue_item_place(queue, LIST_ENTRY(link, struct queue_item, link));
}

void queue_destination_works(struct queue *queue, struct queue_destination *destination)
{
    if (destination->failures == 0)
        return;
    struct log_line line;
    log_begin(&line, queue->log, "destination-works");
    json_out_text(&line.json, "destination", destination->name);
    json_out_int(&line.json, "failures", destination->failures);
    log_end(&line);
    destination->failures = 0;
    destination->blocked_until_us = 0;
}
