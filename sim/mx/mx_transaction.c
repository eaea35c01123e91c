#include "sim/mx/mx_header.h"
#include "sim/mx/mx_report.h"

#include "mta-under-test/base/poison.h"

enum { MX_HEADER_TEXT_BYTES = 4096, MX_CONTENT_KEEP_BYTES = 64 * 1024 };

void mx_transaction_begin(struct mx_session *session, struct slice sender, struct slice parameters)
{
    struct mx_transaction *transaction = &session->transaction;
    transaction->sender = arena_text_of(&transaction->arena, sender);
    transaction->mail_parameters = arena_text_of(&transaction->arena, slice_trim(parameters));
    session->facts.has_sender = true;
    session->facts.mail_parameters = transaction->mail_parameters;
    session->facts.sender = transaction->sender;
}

void mx_transaction_add_recipient(struct mx_session *session, struct slice recipient,
                                  struct slice parameters)
{
    struct mx_transaction *transaction = &session->transaction;
    if (transaction->recipient_count == transaction->recipient_size) {
        size_t size = transaction->recipient_size > 0 ? transaction->recipient_size * 2 : 4;
        transaction->recipients =
            mem_grow(transaction->recipients, size, sizeof transaction->recipients[0]);
        transaction->rcpt_parameters =
            mem_grow(transaction->rcpt_parameters, size, sizeof transaction->rcpt_parameters[0]);
        transaction->recipient_size = size;
    }
    transaction->recipients[transaction->recipient_count] =
        arena_text_of(&transaction->arena, recipient);
    transaction->rcpt_parameters[transaction->recipient_count] =
        arena_text_of(&transaction->arena, slice_trim(parameters));
    transaction->recipient_count++;
    session->facts.recipients = transaction->recipients;
    session->facts.rcpt_parameters = transaction->rcpt_parameters;
    session->facts.recipient_count = transaction->recipient_count;
}

void mx_transaction_drop_recipient(struct mx_session *session)
{
    session->transaction.recipient_count--;
    session->facts.recipient_count = session->transaction.recipient_count;
}

static void mx_transaction_release_content(struct mx_session *session)
{
    struct buf *content = &session->transaction.content;
    size_t *total = session->options.content_total;
    if (total != NULL)
        *total -= content->len;
    if (content->size > MX_CONTENT_KEEP_BYTES)
        buf_deinit(content);
    buf_reset(content);
}

void mx_transaction_reset(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    mx_transaction_release_content(session);
    arena_deinit(&transaction->arena);
    struct mx_transaction empty = {
        .content = transaction->content,
        .mail_parameters = "",
        .recipients = transaction->recipients,
        .rcpt_parameters = transaction->rcpt_parameters,
        .recipient_size = transaction->recipient_size,
        .declared_bytes = -1,
    };
    *transaction = empty;
    arena_init(&transaction->arena);
    session->auth = (struct mx_auth){0};
    struct mx_facts *facts = &session->facts;
    facts->has_sender = false;
    facts->sender = "";
    facts->mail_parameters = "";
    facts->recipient = "";
    facts->recipient_count = 0;
    facts->size = -1;
    facts->header = slice_from(NULL, 0);
    facts->body = slice_from(NULL, 0);
    facts->message_id = "";
    facts->message = "";
    const unsigned open = MX_STATE_BIT(MX_STATE_MAIL) | MX_STATE_BIT(MX_STATE_RCPT) |
                          MX_STATE_BIT(MX_STATE_DATA) | MX_STATE_BIT(MX_STATE_CHUNK) |
                          MX_STATE_BIT(MX_STATE_BDAT);
    if ((open & MX_STATE_BIT(session->state)) != 0)
        mx_session_set_state(session, MX_STATE_READY);
}

void mx_transaction_deinit(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    mx_transaction_release_content(session);
    buf_deinit(&transaction->content);
    arena_deinit(&transaction->arena);
    free(transaction->recipients);
    free(transaction->rcpt_parameters);
}

/* A header field as a text in the transaction's arena; "" if there is none. */
static const char *mx_transaction_field(struct mx_session *session, const char *name)
{
    struct slice value = mx_header_find(session->facts.header, name);
    if (value.data == NULL)
        return "";
    struct buf text;
    buf_init(&text, MX_HEADER_TEXT_BYTES);
    mx_header_unfold(value, &text);
    const char *kept = arena_text(&session->transaction.arena, buf_text(&text));
    buf_deinit(&text);
    return kept;
}

void mx_transaction_close_content(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    struct mx_facts *facts = &session->facts;
    struct slice content = buf_slice(&transaction->content);
    size_t header_len = mx_header_len(content);
    facts->header = slice_first(content, header_len);
    facts->body = slice_skip(content, header_len);
    facts->size = (int64_t)transaction->data.bytes;
    facts->message_id = mx_transaction_field(session, "Message-ID");
    facts->message = mx_transaction_field(session, "X-Mailrange-Id");
    if (transaction->recipient_count > 0)
        facts->recipient = transaction->recipients[0];
}

void mx_transaction_accept(struct mx_session *session, bool reply_sent)
{
    struct mx_session_options *options = &session->options;
    session->facts.messages++;
    options->host->message_count++;
    mx_report_accepted(session, reply_sent);
    if (options->store != NULL)
        options->store(options->store_context, options->host, options->host->message_count,
                       buf_slice(&session->transaction.content));
    for (size_t i = 0; options->received != NULL && i < session->transaction.recipient_count; i++)
        options->received(options->received_context, session->transaction.recipients[i],
                          buf_slice(&session->transaction.content));
}
