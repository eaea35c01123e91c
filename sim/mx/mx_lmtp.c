/*
 * LMTP (RFC 2033): behind the content each recipient that was taken has a reply of its own, in the
 * order of RCPT. So the rules of data-end are asked once for each, and a reply may wait; the
 * message is taken for those whose reply was good once all have theirs, or the session can say no
 * more.
 */
#include "sim/mx/mx_report.h"

#include "mta-under-test/base/poison.h"

/* For the rules the next recipient is the only one. */
static void put_at_hand(struct mx_session *session)
{
    const struct mx_transaction *transaction = &session->transaction;
    struct mx_facts *facts = &session->facts;
    facts->recipients = &transaction->recipients[transaction->verdict_count];
    facts->rcpt_parameters = &transaction->rcpt_parameters[transaction->verdict_count];
    facts->recipient = facts->recipients[0];
    facts->recipient_count = 1;
}

void mx_lmtp_begin(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    transaction->verdicts = arena_alloc_array(&transaction->arena, transaction->recipient_count + 1,
                                              sizeof *transaction->verdicts);
    transaction->verdict_count = 0;
    put_at_hand(session);
}

bool mx_lmtp_is_deciding(const struct mx_session *session)
{
    return session->transaction.verdicts != NULL;
}

void mx_lmtp_note(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    const struct mx_answer *answer = &session->answer;
    transaction->verdicts[transaction->verdict_count++] = answer->accepts;
    transaction->has_lost_reply =
        transaction->has_lost_reply || (answer->accepts && !answer->is_reply);
}

bool mx_lmtp_next(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    if (session->need != MX_NEED_INPUT ||
        transaction->verdict_count == transaction->recipient_count) {
        mx_lmtp_finish(session);
        return false;
    }
    put_at_hand(session);
    mx_verb_data_answer(session);
    return true;
}

/* Only those are left for whom the message was taken. */
static void keep_taken(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    size_t kept = 0;
    for (size_t i = 0; i < transaction->verdict_count; i++) {
        if (!transaction->verdicts[i])
            continue;
        transaction->recipients[kept] = transaction->recipients[i];
        transaction->rcpt_parameters[kept++] = transaction->rcpt_parameters[i];
    }
    transaction->recipient_count = kept;
}

void mx_lmtp_finish(struct mx_session *session)
{
    struct mx_transaction *transaction = &session->transaction;
    bool any = false;
    for (size_t i = 0; i < transaction->verdict_count; i++)
        any = any || transaction->verdicts[i];
    if (any) {
        keep_taken(session);
        mx_transaction_accept(session, !transaction->has_lost_reply);
    } else {
        mx_report_declined(session, &session->answer);
    }
    transaction->verdicts = NULL;
    session->facts.recipients = transaction->recipients;
    session->facts.rcpt_parameters = transaction->rcpt_parameters;
    session->facts.recipient_count = transaction->recipient_count;
}
