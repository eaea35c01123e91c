/*
 * DATA (RFC 5321 4.1.1.4) and the end of a message, however it came.
 */
#include "sim/mx/mx_header.h"
#include "sim/mx/mx_report.h"
#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

static bool mx_data_fits(const struct mx_session *session)
{
    const size_t *total = session->options.content_total;
    return total == NULL || *total <= session->options.limits->content_total_max;
}

void mx_verb_data(struct mx_session *session, struct slice args)
{
    struct mx_reply usual = mx_session_reply(session, 354, "", "End data with <CR><LF>.<CR><LF>");
    if (args.len > 0) {
        mx_lint_report(session, MX_VIOLATION_SYNTAX, "DATA with an argument");
        mx_session_refuse_bad(session, MX_STAGE_DATA, 501, "5.5.4", "DATA takes no argument");
        return;
    }
    if (session->state != MX_STATE_RCPT) {
        if (!session->lint.was_pipelined)
            mx_lint_report(session, MX_VIOLATION_REPLY_IGNORED,
                           "DATA although no recipient was taken");
        /* RFC 2033 4.2: 503, and nothing else. */
        mx_session_refuse(session, MX_STAGE_DATA, session->options.host->is_lmtp ? 503 : 554,
                          "5.5.1", "No valid recipients");
        return;
    }
    if (session->transaction.binary) {
        mx_lint_report(session, MX_VIOLATION_BINARY_WITH_DATA,
                       "DATA for a message that was announced as BINARYMIME");
        mx_session_refuse_bad(session, MX_STAGE_DATA, 503, "5.5.1", "BINARYMIME needs BDAT");
        return;
    }
    if (!mx_data_fits(session))
        usual = mx_session_reply(session, 452, "4.3.1", "Insufficient system storage");
    session->facts.recipient = session->transaction.recipients[0];
    if (!mx_session_answer(session, MX_STAGE_DATA, &usual) || session->state == MX_STATE_CLOSED)
        return;
    mx_data_init(&session->transaction.data);
    mx_session_set_state(session, MX_STATE_DATA);
}

bool mx_verb_data_ask_body(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    if (transaction->body_rule_fired || transaction->data.bytes < transaction->next_step)
        return true;
    transaction->next_step += session->options.limits->body_step_bytes;
    session->facts.size = (int64_t)transaction->data.bytes;
    return mx_session_ask_body(session);
}

/* The number of bytes that may be taken before data-body is asked again. */
static size_t mx_data_step(const struct mx_session *session)
{
    const struct mx_transaction *transaction = &session->transaction;
    return transaction->next_step > transaction->data.bytes
               ? transaction->next_step - transaction->data.bytes
               : 1;
}

static void mx_data_count(struct mx_session *session, size_t before)
{
    if (session->options.content_total != NULL)
        *session->options.content_total += session->transaction.content.len - before;
}

size_t mx_verb_data_feed(struct mx_session *session, struct slice input)
{
    struct mx_transaction *transaction = &session->transaction;
    if (!mx_verb_data_ask_body(session))
        return 0;
    size_t before = transaction->content.len;
    size_t consumed = mx_data_feed(&transaction->data, slice_first(input, mx_data_step(session)),
                                   &transaction->content);
    mx_data_count(session, before);
    if (transaction->data.state == MX_DATA_END)
        mx_verb_data_finish(session);
    return consumed;
}

void mx_verb_data_finish(struct mx_session *session)
{
    const struct mx_transaction *transaction = &session->transaction;
    mx_report_data(session, transaction->data.bytes);
    if (transaction->is_refused) {
        mx_transaction_reset(session);
        return;
    }
    mx_transaction_close_content(session);
    mx_lint_content(session);
    if (session->options.host->is_lmtp)
        mx_lmtp_begin(session);
    mx_verb_data_answer(session);
}

void mx_verb_data_answer(struct mx_session *session)
{
    const struct mx_host *host = session->options.host;
    const struct mx_transaction *transaction = &session->transaction;
    struct mx_reply usual = mx_session_reply(session, 250, "2.0.0", "Ok: queued as %llu",
                                             (unsigned long long)host->message_count + 1);
    int64_t size_max = mx_session_size_max(session);
    if (size_max > 0 && transaction->data.bytes > (uint64_t)size_max)
        usual = mx_session_reply(session, 552, "5.3.4", "Message too big: %lld is the limit",
                                 (long long)size_max);
    else if (buf_overflowed(&transaction->content))
        usual = mx_session_reply(session, 552, "5.3.4", "Message too big");
    mx_session_answer(session, MX_STAGE_DATA_END, &usual);
}
