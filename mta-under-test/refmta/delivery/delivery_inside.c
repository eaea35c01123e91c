#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"
#include "mta-under-test/refmta/queue/queue_way.h"
#include "mta-under-test/refmta/report/feedback.h"

#include "mta-under-test/base/poison.h"

enum { FEEDBACK_BYTES_MAX = 1 << 20, ADDRESS_BYTES_MAX = 512 };

static void suppress(struct lane *lane, enum suppression_kind kind, const char *address,
                     const char *why)
{
    struct err err = {.text = ""};
    struct log_line line;
    log_begin(&line, lane->delivery->options.log, "suppressed");
    json_out_text(&line.json, "recipient", address);
    json_out_text(&line.json, "kind", suppression_kind_name(kind));
    json_out_text(&line.json, "why", why);
    if (suppression_add(lane->delivery->options.suppression, kind, address, why, time_now_us(),
                        &err) != 0)
        json_out_text(&line.json, "not-kept", err.text);
    log_end(&line);
}

/* A bounce without form, to an address that names whom it is about. Only the null reverse-path
 * makes it a bounce: anybody can write to such an address (RFC 5321 4.5.5). */
static void take_verp(struct lane *lane, const struct queue_item *item)
{
    const struct message *message = item->message;
    for (uint32_t i = 0; message->sender[0] == '\0' && i < item->recipient_count; i++) {
        struct buf address;
        buf_init(&address, ADDRESS_BYTES_MAX);
        if (feedback_verp_read(slice_of(message->recipients[item->recipients[i]].address),
                               &address))
            suppress(lane, SUPPRESSION_BOUNCE, buf_text(&address), "a bounce to its VERP address");
        buf_deinit(&address);
    }
}

static void take_complaint(struct lane *lane, const struct feedback_item *one)
{
    const struct queue_event event = {.kind = QUEUE_EVENT_COMPLAINED,
                                      .sender = one->sender,
                                      .recipient = one->recipient,
                                      .reason = &one->reason};
    suppress(lane, SUPPRESSION_COMPLAINT, one->recipient, one->reason.text);
    queue_note(lane->delivery->queue, &event);
}

/* What a report says counts; without a report the address that it came to. */
static void take_feedback(struct lane *lane, const struct queue_item *item)
{
    struct arena arena = {0};
    struct feedback feedback;
    uint32_t total = item->message->entry.content_len;
    size_t want = total < FEEDBACK_BYTES_MAX ? total : FEEDBACK_BYTES_MAX;
    char *content = mem_alloc(want);
    ssize_t got = queue_read(item->message, 0, content, want);
    feedback_read(slice_from(content, got > 0 ? (size_t)got : 0), &arena, &feedback);
    for (size_t i = 0; i < feedback.count; i++) {
        const struct feedback_item *one = &feedback.items[i];
        if (feedback.kind == FEEDBACK_COMPLAINT)
            take_complaint(lane, one);
        else if (suppression_is_hard(&one->reason))
            suppress(lane, SUPPRESSION_BOUNCE, one->recipient, one->reason.text);
    }
    if (feedback.kind == FEEDBACK_NONE)
        take_verp(lane, item);
    free(content);
    arena_deinit(&arena);
}

bool lane_settle_inside(struct lane *lane)
{
    struct slice name = slice_of(lane->destination->name);
    bool is_feedback = slice_is(name, QUEUE_WAY_FEEDBACK);
    struct reason reason;
    if (!is_feedback && !slice_starts_with(name, SLICE(QUEUE_WAY_SUPPRESSED)))
        return false;
    if (is_feedback)
        reason_set(&reason, "2.0.0", false, "", "read as feedback");
    else
        reason_set(&reason, "5.7.1", false, "", "the recipient gets no mail from here: %s",
                   lane->destination->name + strlen(QUEUE_WAY_SUPPRESSED));
    for (struct queue_item *item; (item = lane_next_item(lane)) != NULL;) {
        if (is_feedback)
            take_feedback(lane, item);
        lane_settle_all(lane, item, is_feedback ? OUTCOME_DELIVERED : OUTCOME_FAILED, &reason);
    }
    return true;
}
