/*
 * BDAT (RFC 3030): the bytes of a chunk follow the command at once, so they are read even where
 * the command is refused.
 */
#include "mta-under-test/base/text.h"
#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

static bool mx_bdat_read(struct slice args, size_t *bytes, bool *last)
{
    uint64_t number;
    struct slice size = {0};
    if (!slice_split(&args, ' ', &size) || text_to_u64(size, &number) != 0 || number > SIZE_MAX / 2)
        return false;
    *bytes = (size_t)number;
    *last = slice_is_nocase(slice_trim(args), "LAST");
    return *last || slice_trim(args).len == 0;
}

static void mx_bdat_end_chunk(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    if (transaction->chunk_refused) {
        transaction->chunk_refused = false;
        if (transaction->recipient_count > 0)
            mx_session_refuse(session, MX_STAGE_BDAT, 554, "5.5.1", "Transaction failed");
        else
            mx_session_refuse_bad(session, MX_STAGE_BDAT, 503, "5.5.1",
                                  "BDAT needs MAIL and RCPT first");
        mx_transaction_reset(session);
        return;
    }
    if (transaction->is_refused && !transaction->chunk_is_last) {
        /* A rule has replied in the middle of the chunk. */
        mx_session_set_state(session, MX_STATE_BDAT);
        return;
    }
    if (transaction->chunk_is_last) {
        mx_verb_data_finish(session);
        return;
    }
    struct mx_reply usual =
        mx_session_reply(session, 250, "2.0.0", "%zu bytes so far", transaction->data.bytes);
    bool taken = mx_session_answer(session, MX_STAGE_BDAT, &usual);
    if (session->state == MX_STATE_CLOSED)
        return;
    if (taken)
        mx_session_set_state(session, MX_STATE_BDAT);
    else
        mx_transaction_reset(session);
}

void mx_verb_bdat(struct mx_session *session, struct slice args)
{
    struct mx_transaction *transaction = &session->transaction;
    size_t bytes;
    bool last;
    bool offered = mx_session_offers(session, MX_EXTENSION_CHUNKING);
    if (!mx_bdat_read(args, &bytes, &last)) {
        mx_lint_report(session, MX_VIOLATION_SYNTAX, "BDAT with a bad size");
        mx_session_refuse_bad(session, MX_STAGE_BDAT, 501, "5.5.4", "BDAT SIZE [LAST]");
        return;
    }
    if (!offered)
        mx_lint_report(session, MX_VIOLATION_PARAMETER_NOT_OFFERED,
                       "BDAT where CHUNKING was not offered");
    if (session->state == MX_STATE_RCPT)
        mx_data_init(&transaction->data);
    bool expected = session->state == MX_STATE_RCPT || session->state == MX_STATE_BDAT;
    if (offered && !expected && !session->lint.was_pipelined)
        mx_lint_report(session, MX_VIOLATION_REPLY_IGNORED,
                       "BDAT although no recipient was taken, or a chunk was refused");
    transaction->chunked = true;
    transaction->chunk_refused = !expected || !offered;
    transaction->chunk_left = bytes;
    transaction->chunk_is_last = last;
    mx_session_set_state(session, MX_STATE_CHUNK);
    if (bytes == 0)
        mx_bdat_end_chunk(session);
}

size_t mx_verb_bdat_feed(struct mx_session *session, struct slice input)
{
    struct mx_transaction *transaction = &session->transaction;
    struct slice chunk = slice_first(input, transaction->chunk_left);
    if (!transaction->chunk_refused && !mx_verb_data_ask_body(session))
        return 0;
    if (!transaction->chunk_refused) {
        size_t before = transaction->content.len;
        mx_data_feed_chunk(&transaction->data, chunk, &transaction->content);
        if (session->options.content_total != NULL)
            *session->options.content_total += transaction->content.len - before;
    }
    transaction->chunk_left -= chunk.len;
    /* What stands behind the BDAT line is its chunk: only what comes behind that is early. */
    session->lint.is_pipelined = input.len > chunk.len;
    if (transaction->chunk_left == 0)
        mx_bdat_end_chunk(session);
    return chunk.len;
}
