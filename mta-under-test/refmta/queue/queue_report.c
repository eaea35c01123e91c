#include "mta-under-test/refmta/queue/queue_private.h"
#include "mta-under-test/refmta/report/dsn.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum {
    HEADER_BYTES_MAX = 256 << 10, /* of the original that a report returns */
    FULL_BYTES_MAX = 1 << 20,     /* a longer message is returned as headers only */
    REPORT_BYTES_MAX = 8 << 20,
};

/* Reads the part of the original that goes back; release with free(). The whole of it only where
 * something failed (RFC 3461 4.3). */
static char *read_original(const struct report_request *request, size_t *len, bool *is_full)
{
    const struct message *message = request->message;
    uint32_t total = message->entry.content_len;
    *is_full = request->kind == DSN_FAILED && message->ret == ENVELOPE_RET_FULL &&
               message->body != ENVELOPE_BODY_BINARYMIME && total <= FULL_BYTES_MAX &&
               !message->require_tls;
    size_t want = *is_full || total < HEADER_BYTES_MAX ? total : HEADER_BYTES_MAX;
    char *original = mem_alloc(want);
    ssize_t got = queue_read(message, 0, original, want);
    *len = got > 0 ? (size_t)got : 0;
    if (!*is_full)
        *len = dsn_headers_of(slice_from(original, *len)).len;
    return original;
}

struct stored_report {
    struct queue *queue;
    struct message *message;
    char *content;
    void (*done)(void *arg, int error); /* of the commit that it rides on */
    void *arg;
};

static void on_stored(void *arg, int error)
{
    struct stored_report *report = arg;
    struct queue *queue = report->queue;
    (void)error; /* it must succeed */
    if (report->done != NULL)
        report->done(report->arg, error);
    queue_cache_keep(queue, report->message, report->content);
    queue_add_message(queue, report->message);
    free(report);
}

static void write_report(struct queue *queue, const struct report_request *request,
                         struct message *report, struct buf *out)
{
    const struct message *about = request->message;
    char id[MESSAGE_ID_TEXT_BYTES];
    char about_id[MESSAGE_ID_TEXT_BYTES];
    struct dsn_facts facts = {
        .kind = (enum dsn_kind)request->kind,
        .hostname = queue->config->hostname,
        .to = about->sender,
        .id = message_id_text(report->id, id),
        .about_id = message_id_text(about->id, about_id),
        .envid = about->envid,
        .received_us = about->received_us,
        .now_us = report->received_us,
        .retry_until_us = message_give_up_at(about, queue->config->give_up_us),
        .recipient_count = request->count,
        .is_utf8 = about->smtputf8,
    };
    struct dsn_recipient *recipients = mem_alloc_array(request->count, sizeof *recipients);
    for (size_t i = 0; i < request->count; i++) {
        const struct message_recipient *recipient = &about->recipients[request->chosen[i]];
        recipients[i].address = recipient->address;
        recipients[i].orcpt = recipient->orcpt;
        reason_from_text(slice_of(recipient->status), &recipients[i].reason);
    }
    facts.recipients = recipients;
    size_t len = 0;
    char *original = read_original(request, &len, &facts.is_full);
    facts.original = slice_from(original, len);
    dsn_write(&facts, out);
    free(original);
    free(recipients);
}

void queue_add_report(struct queue *queue, const struct report_request *request,
                      struct store_commit *commit)
{
    static const char *const NAMES[] = {[DSN_FAILED] = "failed",
                                        [DSN_DELAYED] = "delayed",
                                        [DSN_DELIVERED] = "delivered",
                                        [DSN_RELAYED] = "relayed"};
    struct envelope envelope;
    struct buf text;
    struct log_line line;
    envelope_init(&envelope);
    envelope.smtputf8 = request->message->smtputf8;
    /* RFC 8689 5: what tells of such a message is as secret as it was. */
    envelope.require_tls = request->message->require_tls;
    envelope_add_recipient(&envelope, slice_of(request->message->sender));
    struct message *report = message_new(&envelope, queue_new_id(queue), time_now_us());
    buf_init(&text, REPORT_BYTES_MAX);
    write_report(queue, request, report, &text);
    report->body = text_is_ascii(buf_slice(&text)) ? ENVELOPE_BODY_7BIT : ENVELOPE_BODY_8BITMIME;

    queue_log(&line, queue, "report", request->message->id);
    char id[MESSAGE_ID_TEXT_BYTES];
    json_out_text(&line.json, "action", NAMES[request->kind]);
    json_out_text(&line.json, "to", request->message->sender);
    json_out_text(&line.json, "report-id", message_id_text(report->id, id));
    json_out_int(&line.json, "recipients", (int64_t)request->count);
    log_end(&line);

    struct stored_report *stored = mem_alloc(sizeof *stored);
    size_t len = text.len;
    *stored = (struct stored_report){queue, report, buf_take(&text), commit->done, commit->arg};
    record_add(&commit->meta, report);
    commit->content = slice_from(stored->content, len);
    commit->entry = &report->entry;
    commit->done = on_stored;
    commit->arg = stored;
    envelope_deinit(&envelope);
}
