#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"
#include "mta-under-test/refmta/report/feedback.h"
#include "mta-under-test/refmta/routing/srs.h"
#include "mta-under-test/refmta/shaping/glob.h"

#include "mta-under-test/base/poison.h"

void delivery_item_drop(struct delivery_connection *connection)
{
    free(connection->outcomes);
    free(connection->decided);
    free(connection->transaction.recipients);
    free(connection->chosen);
    connection->outcomes = NULL;
    connection->decided = NULL;
    connection->transaction.recipients = NULL;
    connection->chosen = NULL;
    connection->item = NULL;
}

void delivery_item_take(struct delivery_connection *connection, struct queue_item *item)
{
    connection->item = item;
    connection->outcomes = mem_alloc_array(item->recipient_count, sizeof *connection->outcomes);
    connection->decided = mem_alloc_array(item->recipient_count, sizeof *connection->decided);
    connection->transaction.recipients = mem_alloc_array(
        item->recipient_count < LANE_RECIPIENTS_MAX ? item->recipient_count : LANE_RECIPIENTS_MAX,
        sizeof(struct client_recipient));
    connection->chosen = mem_alloc_array(LANE_RECIPIENTS_MAX, sizeof *connection->chosen);
}

void delivery_item_settle(struct delivery_connection *connection)
{
    struct queue_item *item = connection->item;
    struct queue *queue = connection->lane->delivery->queue;
    connection->item = NULL;
    queue_settle(queue, item, connection->outcomes);
    delivery_item_drop(connection);
}

static void decide(struct delivery_connection *connection, uint32_t index,
                   enum client_verdict verdict, const struct reason *reason)
{
    struct queue_outcome *outcome = &connection->outcomes[index];
    if (verdict != CLIENT_ACCEPTED)
        verdict = delivery_shaping_judge(connection, reason, verdict);
    outcome->kind = verdict == CLIENT_ACCEPTED  ? OUTCOME_DELIVERED
                    : verdict == CLIENT_REFUSED ? OUTCOME_FAILED
                                                : OUTCOME_DEFERRED;
    outcome->reason = *reason;
    outcome->tls = connection->tls_text;
    outcome->peer_has_dsn = (connection->session.extensions & CLIENT_DSN) != 0;
    connection->decided[index] = true;
}

/* RFC 5321 4.5.3.1.10: "too many recipients" for some means: those in another transaction. */
static bool is_too_many(const struct client_recipient *recipient, bool any_accepted)
{
    return any_accepted && recipient->at_rcpt && (recipient->code == 452 || recipient->code == 552);
}

void delivery_item_take_results(struct delivery_connection *connection)
{
    const struct client_transaction *transaction = &connection->transaction;
    bool any_accepted = false;
    for (size_t i = 0; i < transaction->recipient_count; i++)
        any_accepted = any_accepted || transaction->recipients[i].verdict == CLIENT_ACCEPTED;
    for (size_t i = 0; i < transaction->recipient_count; i++) {
        const struct client_recipient *recipient = &transaction->recipients[i];
        if (!is_too_many(recipient, any_accepted))
            decide(connection, connection->chosen[i], recipient->verdict, &recipient->reason);
    }
    if (any_accepted) {
        delivery_address_clear(connection->lane->delivery, &connection->address,
                               ADDRESS_SWALLOWS_MESSAGES);
        shaping_site_succeeded(&connection->site->state);
        lane_succeeded(connection->lane);
    }
}

bool delivery_item_any_undecided(const struct delivery_connection *connection)
{
    for (uint32_t i = 0; i < connection->item->recipient_count; i++)
        if (!connection->decided[i])
            return true;
    return false;
}

void delivery_item_decide_rest(struct delivery_connection *connection, enum client_verdict verdict,
                               const struct reason *reason)
{
    for (uint32_t i = 0; i < connection->item->recipient_count; i++)
        if (!connection->decided[i])
            decide(connection, i, verdict, reason);
}

/* The reverse-path that names the recipient, where it is wanted and there is room for it. */
static bool has_own_sender(struct delivery_connection *connection, const char *recipient)
{
    const struct config_domains *patterns = &connection->config->verp;
    const char *sender = connection->item->message->sender;
    buf_reset(&connection->sender);
    return glob_matches_any(patterns->names, patterns->count, sender) &&
           feedback_verp_write(sender, recipient, &connection->sender);
}

/* What an alias passes on leaves with a reverse-path of ours; a notification has none. */
static bool is_rewritten(const struct delivery_connection *connection,
                         const struct message_recipient *recipient)
{
    const char *sender = connection->item->message->sender;
    return recipient->is_forwarded && connection->config->srs_domain != NULL && sender[0] != '\0' &&
           !config_is_local(connection->config, message_domain(sender));
}

static void rewrite_sender(struct delivery_connection *connection)
{
    const struct config *config = connection->config;
    const struct srs_scheme scheme = {config->srs_domain, config->srs_keys, config->srs_life_us};
    buf_reset(&connection->sender);
    if (srs_forward(&scheme, connection->item->message->sender, time_now_us(), &connection->sender))
        connection->transaction.sender = buf_text(&connection->sender);
}

/* One address in UTF-8 asks for SMTPUTF8, for the whole transaction, and a reverse-path holds for
 * all its recipients: what differs there goes apart. */
static bool goes_with(const struct delivery_connection *connection,
                      const struct message_recipient *first,
                      const struct message_recipient *recipient)
{
    return first == NULL ||
           (text_is_ascii(slice_of(first->address)) ==
                text_is_ascii(slice_of(recipient->address)) &&
            is_rewritten(connection, first) == is_rewritten(connection, recipient));
}

void delivery_item_choose(struct delivery_connection *connection)
{
    const struct queue_item *item = connection->item;
    struct client_transaction *transaction = &connection->transaction;
    transaction->recipient_count = 0;
    transaction->sender = item->message->sender;
    const struct message_recipient *first = NULL;
    for (uint32_t i = 0;
         i < item->recipient_count && transaction->recipient_count < LANE_RECIPIENTS_MAX; i++) {
        const struct message_recipient *from = &item->message->recipients[item->recipients[i]];
        if (connection->decided[i] || !goes_with(connection, first, from))
            continue;
        if (first == NULL && is_rewritten(connection, from))
            rewrite_sender(connection);
        first = first == NULL ? from : first;
        connection->chosen[transaction->recipient_count] = i;
        transaction->recipients[transaction->recipient_count++] = (struct client_recipient){
            .address = from->address, .orcpt = from->orcpt, .notify = from->notify};
        if (first == from && transaction->sender == item->message->sender &&
            has_own_sender(connection, from->address)) {
            transaction->sender = buf_text(&connection->sender);
            return;
        }
    }
}
