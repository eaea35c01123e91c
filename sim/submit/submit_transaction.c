#include "sim/submit/submit_transaction.h"

#include <assert.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* In this order; the content is said at SUBMIT_DATA_END. */
enum submit_stage { SUBMIT_MAIL, SUBMIT_RCPT, SUBMIT_DATA, SUBMIT_DATA_END };

void submit_transaction_init(struct submit_transaction *transaction, struct event_log *log)
{
    *transaction = (struct submit_transaction){.log = log};
    buf_init(&transaction->content, SUBMIT_CONTENT_BYTES_MAX);
}

void submit_transaction_deinit(struct submit_transaction *transaction)
{
    buf_deinit(&transaction->content);
    free(transaction->fates);
}

void submit_transaction_begin(struct submit_transaction *transaction,
                              const struct submit_message *message, struct buf *content)
{
    assert(transaction->message == NULL);
    transaction->message = message;
    struct buf old = transaction->content;
    transaction->content = *content;
    *content = old;
    buf_reset(content);
    free(transaction->fates);
    transaction->fates = mem_alloc_array(message->to_count, sizeof *transaction->fates);
    transaction->refused_count = 0;
    transaction->said_count = 0;
    transaction->heard_count = 0;
}

void submit_transaction_end(struct submit_transaction *transaction)
{
    transaction->message = NULL;
    buf_reset(&transaction->content);
}

/* Of the i-th command: MAIL, RCPT for each recipient, DATA, the content. */
static enum submit_stage submit_stage_of(const struct submit_transaction *transaction, size_t i)
{
    size_t data = transaction->message->to_count + 1;
    if (i == 0)
        return SUBMIT_MAIL;
    if (i < data)
        return SUBMIT_RCPT;
    return i == data ? SUBMIT_DATA : SUBMIT_DATA_END;
}

static enum submit_stage submit_stage_awaited(const struct submit_transaction *transaction)
{
    return submit_stage_of(transaction, transaction->heard_count);
}

const char *submit_transaction_stage(const struct submit_transaction *transaction)
{
    static const char *const STAGES[] = {"mail", "rcpt", "data", "data-end"};
    return STAGES[submit_stage_awaited(transaction)];
}

const char *submit_transaction_recipient(const struct submit_transaction *transaction)
{
    return submit_stage_awaited(transaction) == SUBMIT_RCPT
               ? transaction->message->to[transaction->heard_count - 1]
               : NULL;
}

static bool submit_is_refused(const struct submit_transaction *transaction)
{
    return transaction->refused_count == transaction->message->to_count;
}

/* ---- what is said */

static bool submit_content_is_8bit(const struct buf *content)
{
    for (size_t i = 0; i < content->len; i++) {
        if ((unsigned char)content->data[i] >= 0x80)
            return true;
    }
    return false;
}

/* Addresses or header fields with UTF-8 in them can only travel with SMTPUTF8 (RFC 6531 3.4). */
static bool submit_needs_utf8(const struct submit_transaction *transaction)
{
    const struct submit_message *message = transaction->message;
    struct slice content = buf_slice(&transaction->content);
    size_t header = slice_find_slice(content, SLICE("\r\n\r\n"));
    bool needs = !text_is_ascii(slice_of(message->entry->from)) ||
                 !text_is_ascii(slice_first(content, header));
    for (size_t i = 0; i < message->to_count; i++)
        needs = needs || !text_is_ascii(slice_of(message->to[i]));
    return needs;
}

static void submit_say_mail(const struct submit_transaction *transaction,
                            const struct submit_offers *offers, struct evbuffer *out)
{
    const struct scenario_message *entry = transaction->message->entry;
    evbuffer_add_printf(out, "MAIL FROM:<%s>", entry->from);
    if (offers->size)
        evbuffer_add_printf(out, " SIZE=%zu", transaction->content.len);
    if (offers->eight_bit_mime && submit_content_is_8bit(&transaction->content))
        evbuffer_add_printf(out, " BODY=8BITMIME");
    if (submit_needs_utf8(transaction))
        evbuffer_add_printf(out, " SMTPUTF8");
    evbuffer_add_printf(out, "%s\r\n", entry->mail_parameters);
}

/* With dots doubled at the start of lines (RFC 5321 section 4.5.2), and the end. A server that
 * wants content although it has refused all recipients gets none (RFC 2920 3.1). */
static void submit_say_content(const struct submit_transaction *transaction, struct evbuffer *out)
{
    struct slice rest = buf_slice(&transaction->content);
    if (submit_is_refused(transaction))
        rest.len = 0;
    while (rest.len > 0) {
        size_t end = slice_find(rest, '\n');
        size_t len = end == SIZE_MAX ? rest.len : end + 1;
        if (rest.data[0] == '.')
            evbuffer_add(out, ".", 1);
        evbuffer_add(out, rest.data, len);
        rest = slice_skip(rest, len);
    }
    evbuffer_add_printf(out, ".\r\n");
}

static void submit_say_one(const struct submit_transaction *transaction, size_t i,
                           const struct submit_offers *offers, struct evbuffer *out)
{
    const struct submit_message *message = transaction->message;
    switch (submit_stage_of(transaction, i)) {
    case SUBMIT_MAIL:
        submit_say_mail(transaction, offers, out);
        return;
    case SUBMIT_RCPT:
        evbuffer_add_printf(out, "RCPT TO:<%s>%s\r\n", message->to[i - 1],
                            message->entry->rcpt_parameters);
        return;
    case SUBMIT_DATA:
        evbuffer_add_printf(out, "DATA\r\n");
        return;
    case SUBMIT_DATA_END:
        submit_say_content(transaction, out);
        return;
    }
}

void submit_transaction_say(struct submit_transaction *transaction,
                            const struct submit_offers *offers, struct evbuffer *out)
{
    bool pipelines = offers->pipelining && transaction->message->entry->pipelining;
    do {
        submit_say_one(transaction, transaction->said_count, offers, out);
        transaction->said_count++;
    } while (pipelines && submit_stage_of(transaction, transaction->said_count) < SUBMIT_DATA_END);
}

/* ---- what the replies mean */

/* This reply turns down those of the recipients from `first` to before `end` that are not yet. */
static void submit_turn_down(struct submit_transaction *transaction, size_t first, size_t end,
                             const char *stage, const struct submit_reply *reply)
{
    const struct submit_message *message = transaction->message;
    struct json_out *event = event_begin(transaction->log, "submitter", "refused", NULL);
    json_out_text(event, "message", message->id);
    json_out_array(event, "to");
    for (size_t i = first; i < end; i++) {
        if (transaction->fates[i] == SUBMIT_TURNED_DOWN)
            continue;
        json_out_text(event, NULL, message->to[i]);
        transaction->fates[i] = SUBMIT_TURNED_DOWN;
        transaction->refused_count++;
    }
    json_out_end(event);
    json_out_text(event, "stage", stage);
    submit_reply_tell(reply, event);
    event_end(transaction->log);
}

void submit_transaction_refuse(struct submit_transaction *transaction, const char *stage,
                               const struct submit_reply *reply)
{
    if (!submit_is_refused(transaction))
        submit_turn_down(transaction, 0, transaction->message->to_count, stage, reply);
}

static void submit_log_accepted(const struct submit_transaction *transaction)
{
    const struct submit_message *message = transaction->message;
    struct json_out *event = event_begin(transaction->log, "submitter", "accepted", NULL);
    json_out_text(event, "message", message->id);
    json_out_text(event, "from", message->entry->from);
    json_out_array(event, "to");
    for (size_t i = 0; i < message->to_count; i++) {
        if (transaction->fates[i] == SUBMIT_TAKEN)
            json_out_text(event, NULL, message->to[i]);
    }
    json_out_end(event);
    json_out_int(event, "bytes", (int64_t)transaction->content.len);
    event_end(transaction->log);
}

/* Where MAIL was refused already, nothing that is said to RCPT changes it. */
static void submit_hear_rcpt(struct submit_transaction *transaction, bool is_good,
                             const struct submit_reply *reply)
{
    size_t i = transaction->heard_count - 1;
    if (transaction->fates[i] == SUBMIT_TURNED_DOWN)
        return;
    if (is_good)
        transaction->fates[i] = SUBMIT_TAKEN;
    else
        submit_turn_down(transaction, i, i + 1, submit_transaction_stage(transaction), reply);
}

enum submit_step submit_transaction_hear(struct submit_transaction *transaction,
                                         const struct submit_reply *reply)
{
    enum submit_stage stage = submit_stage_awaited(transaction);
    bool is_good = reply->code / 100 == (stage == SUBMIT_DATA ? 3 : 2);
    if (stage == SUBMIT_RCPT)
        submit_hear_rcpt(transaction, is_good, reply);
    else if (!is_good)
        submit_transaction_refuse(transaction, submit_transaction_stage(transaction), reply);
    transaction->heard_count++;

    bool is_refused = submit_is_refused(transaction);
    if (is_refused && reply->code == 421)
        return SUBMIT_STEP_REFUSED; /* the server closes: this is its last reply */
    if (transaction->heard_count < transaction->said_count)
        return SUBMIT_STEP_HEAR;
    if (is_refused && !(stage == SUBMIT_DATA && is_good))
        return SUBMIT_STEP_REFUSED;
    if (stage != SUBMIT_DATA_END)
        return SUBMIT_STEP_SAY;
    submit_log_accepted(transaction);
    return SUBMIT_STEP_TAKEN;
}

bool submit_transaction_break(struct submit_transaction *transaction, const char *stage,
                              const char *reason)
{
    const struct submit_message *message = transaction->message;
    if (submit_is_refused(transaction))
        return true;
    struct json_out *event = event_begin(transaction->log, "submitter", "broken", NULL);
    json_out_text(event, "message", message->id);
    json_out_array(event, "to");
    for (size_t i = 0; i < message->to_count; i++)
        json_out_text(event, NULL, message->to[i]);
    json_out_end(event);
    json_out_text(event, "stage", stage);
    json_out_text(event, "text", reason);
    event_end(transaction->log);
    return false;
}
