#include <errno.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"

#include "mta-under-test/base/poison.h"

/* RFC 5321 4.5.3.2, and for the rest what does not hold a slot for too long. */
#define GREETING_TIMEOUT_US (5 * TIME_MINUTE)
#define HANDSHAKE_TIMEOUT_US (2 * TIME_MINUTE)
#define COMMAND_TIMEOUT_US (5 * TIME_MINUTE)
#define DATA_TIMEOUT_US (2 * TIME_MINUTE)
#define BLOCK_TIMEOUT_US (3 * TIME_MINUTE)
#define FINAL_TIMEOUT_US (10 * TIME_MINUTE)

#define STATUS_NO_TLS ".7.10" /* behind the class */

enum {
    INPUT_BYTES_MAX = 1 << 17,
    CONTENT_PART_BYTES = 65536,
    SENDER_BYTES_MAX = 512,
    CONVERTED_BYTES_MAX = 1 << 30
};

static struct log *log_of(const struct delivery_connection *connection)
{
    return connection->lane->delivery->options.log;
}

/* A server that still listens hears QUIT first (RFC 5321 4.1.1.10), in whatever state we leave. */
static bool should_say_quit(const struct delivery_connection *connection)
{
    enum client_state state = connection->session.state;
    return connection->has_session && !connection->session.transaction &&
           connection->session.reply.code != 421 && state != CLIENT_STATE_SECURING &&
           state != CLIENT_STATE_QUIT && state != CLIENT_STATE_CLOSED &&
           connection->transaction_heard;
}

void delivery_connection_close(struct delivery_connection *connection)
{
    delivery_room_heard(connection);
    if (should_say_quit(connection))
        conn_part(&connection->conn, SLICE("QUIT\r\n"), connection->lane->delivery->limits.quit_us);
    else
        conn_close(&connection->conn);
    if (connection->has_session)
        client_session_deinit(&connection->session);
    connection->has_session = false;
    connection->feeding = false;
    connection->tls_is_open = false;
}

/* Frees the connection, which counts no more. */
static void connection_free(struct delivery_connection *connection)
{
    delivery_connection_close(connection);
    delivery_shaping_closed(connection);
    buf_deinit(&connection->sender);
    buf_deinit(&connection->converted);
    route_free(&connection->route);
    list_remove(&connection->link);
    list_remove(&connection->idle_link);
    list_remove(&connection->rest_link);
    event_free(connection->idle_timer);
    config_let_go(connection->config);
    delivery_room_give(connection);
    free(connection);
}

/* Frees the connection; the lane may start others, or end. */
void delivery_connection_gone(struct delivery_connection *connection)
{
    struct lane *lane = connection->lane;
    struct delivery *delivery = lane->delivery;
    connection_free(connection);
    bool was_last = delivery->stopping && delivery->connection_count == 0;
    lane_connection_gone(lane);
    if (was_last)
        delivery->options.on_stopped(delivery->options.arg);
}

void delivery_connection_log(const struct delivery_connection *connection, const char *event,
                             const char *text)
{
    char ip[IP_TEXT_BYTES];
    struct log_line line;
    log_begin(&line, log_of(connection), event);
    json_out_int(&line.json, "connection", (int64_t)connection->number);
    json_out_text(&line.json, "destination", connection->lane->destination->name);
    json_out_text(&line.json, "host", connection->host);
    json_out_text(&line.json, "address", ip_address_to_text(&connection->address, ip));
    if (text != NULL)
        json_out_text(&line.json, "text", text);
    log_end(&line);
}

/* --- writing --------------------------------------------------------------------------------- */

static int64_t timeout_of(const struct delivery_connection *connection)
{
    switch (connection->session.state) {
    case CLIENT_STATE_GREETING:
        return GREETING_TIMEOUT_US;
    case CLIENT_STATE_SECURING:
        return HANDSHAKE_TIMEOUT_US;
    case CLIENT_STATE_DATA:
        return DATA_TIMEOUT_US;
    case CLIENT_STATE_CONTENT:
        return BLOCK_TIMEOUT_US;
    case CLIENT_STATE_FINAL:
        return FINAL_TIMEOUT_US;
    case CLIENT_STATE_QUIT:
        return connection->lane->delivery->limits.quit_us;
    case CLIENT_STATE_READY:
    case CLIENT_STATE_CLOSED:
        return 0;
    case CLIENT_STATE_EHLO:
    case CLIENT_STATE_HELO:
    case CLIENT_STATE_STARTTLS:
    case CLIENT_STATE_AUTH_USER:
    case CLIENT_STATE_AUTH_PASSWORD:
    case CLIENT_STATE_AUTH:
    case CLIENT_STATE_RSET:
    case CLIENT_STATE_MAIL:
    case CLIENT_STATE_RCPT:
        break;
    }
    return COMMAND_TIMEOUT_US;
}

void delivery_connection_write(struct delivery_connection *connection)
{
    conn_write(connection->conn, buf_slice(&connection->session.out));
    buf_reset(&connection->session.out);
    conn_set_timeout(connection->conn, timeout_of(connection));
}

/* Gives the next part of the content, as long as not too much is waiting to be written. */
static void feed_content(struct delivery_connection *connection)
{
    char part[CONTENT_PART_BYTES];
    struct reason reason;
    while (connection->feeding && conn_pending(connection->conn) < CONTENT_PART_BYTES) {
        ssize_t got = delivery_content_read(connection, part, sizeof part);
        if (got < 0) {
            reason_set(&reason, "4.3.0", false, "", "the content cannot be read: %s",
                       strerror(errno));
            delivery_item_decide_rest(connection, CLIENT_DEFERRED, &reason);
            delivery_item_settle(connection);
            delivery_connection_gone(connection);
            return;
        }
        if (got == 0) {
            connection->feeding = false;
            client_session_content_end(&connection->session);
        } else {
            client_session_content(&connection->session, slice_from(part, (size_t)got));
        }
        delivery_connection_write(connection);
    }
}

/* --- transactions ---------------------------------------------------------------------------- */

/* No recipient has a result but a deferral, in this transaction or before. */
static bool all_deferred(const struct delivery_connection *connection)
{
    const struct client_transaction *transaction = &connection->transaction;
    for (size_t i = 0; i < transaction->recipient_count; i++)
        if (transaction->recipients[i].verdict != CLIENT_DEFERRED)
            return false;
    for (uint32_t i = 0; i < connection->item->recipient_count; i++)
        if (connection->decided[i])
            return false;
    return true;
}

/* MAIL was deferred, or the session ended with 421: another host may take it at once. */
static bool another_host_may_do(const struct delivery_connection *connection)
{
    const struct client_transaction *transaction = &connection->transaction;
    const struct reply_rule *rule =
        delivery_shaping_match(connection, &transaction->recipients[0].reason);
    if (rule != NULL && (rule->action == REPLY_SUSPEND || rule->action == REPLY_SWITCH))
        return false;
    if (connection->message_count > 1 ||
        delivery_candidate_next(connection, true) >= connection->candidate_count ||
        !(connection->session.closing || connection->session.mail_refused))
        return false;
    return all_deferred(connection);
}

/* The server did not want the message now, whoever it was for: a limit on us, most likely. */
static bool is_refused_at_mail(const struct delivery_connection *connection)
{
    return (connection->session.mail_refused || connection->session.reply.code == 421) &&
           connection->transaction.recipients[0].verdict == CLIENT_DEFERRED;
}

/* A rule says that this address of ours is not wanted now, and there is another: the message goes
 * from there at once. */
static bool another_address_takes_over(struct delivery_connection *connection)
{
    const struct reason *reason = &connection->transaction.recipients[0].reason;
    const struct reply_rule *rule = delivery_shaping_match(connection, reason);
    if (rule == NULL || rule->action != REPLY_SWITCH || !all_deferred(connection))
        return false;
    (void)delivery_shaping_judge(connection, reason, CLIENT_DEFERRED);
    if (!delivery_shaping_has_other(connection))
        return false;
    struct queue_item *item = connection->item;
    delivery_item_drop(connection);
    queue_put_back(connection->lane->delivery->queue, item);
    delivery_turn_next(connection);
    return true;
}

/* The server ended the session while its machine had not confirmed our content: it never saw it.
 * Perhaps the way to this address swallows large packets (RFC 2923 2.1). */
static bool is_swallowed(const struct delivery_connection *connection)
{
    return connection->content_offset > 0 && connection->session.reply.code == 421 &&
           conn_progress(connection->conn) != CONN_ACKNOWLEDGED;
}

/* The same host once more, by DATA. */
static void try_without_chunks(struct delivery_connection *connection)
{
    delivery_connection_log(connection, "candidate-failed", "it offers CHUNKING and knows no BDAT");
    delivery_address_note(connection->lane->delivery, &connection->address, ADDRESS_KNOWS_NO_BDAT);
    delivery_connection_close(connection);
    delivery_candidate_try(connection);
}

static void transaction_done(struct delivery_connection *connection)
{
    if (client_session_chunk_unknown(&connection->session) && connection->content_offset > 0 &&
        connection->transaction.body != ENVELOPE_BODY_BINARYMIME) {
        try_without_chunks(connection);
        return;
    }
    if (is_swallowed(connection))
        delivery_address_note(connection->lane->delivery, &connection->address,
                              ADDRESS_SWALLOWS_MESSAGES);
    queue_destination_works(connection->lane->delivery->queue, connection->lane->destination);
    if (another_host_may_do(connection)) {
        struct reason reason = connection->transaction.recipients[0].reason;
        delivery_candidate_fail(connection, &reason, CLIENT_DEFERRED);
        return;
    }
    if (another_address_takes_over(connection))
        return;
    delivery_item_take_results(connection);
    if (delivery_item_any_undecided(connection) && !connection->session.closing) {
        delivery_connection_begin(connection);
        return;
    }
    if (delivery_item_any_undecided(connection)) {
        struct reason reason;
        reason_set(&reason, "4.4.2", false, connection->host, "%s closed the session",
                   connection->host);
        delivery_item_decide_rest(connection, CLIENT_DEFERRED, &reason);
    }
    bool refused = is_refused_at_mail(connection);
    struct reason reason = connection->transaction.recipients[0].reason;
    delivery_item_settle(connection);
    lane_note_refusal(connection->lane, refused && connection->rule == NULL ? &reason : NULL);
    delivery_turn_next(connection);
}

void delivery_connection_begin(struct delivery_connection *connection)
{
    const struct message *message = connection->item->message;
    struct client_transaction *transaction = &connection->transaction;
    delivery_item_choose(connection);
    transaction->envid = message->envid;
    transaction->ret = (enum envelope_ret)message->ret;
    delivery_content_prepare(connection);
    connection->transaction_heard = false;
    connection->started_us = time_now_us();
    connection->message_count++;
    delivery_shaping_sent(connection);
    if (client_session_begin(&connection->session, transaction) == CLIENT_EVENT_DONE)
        transaction_done(connection);
    else
        delivery_connection_write(connection);
}

void delivery_connection_give(struct delivery_connection *connection, struct queue_item *item)
{
    list_remove(&connection->idle_link);
    list_remove(&connection->rest_link);
    connection->is_idle = false;
    event_del(connection->idle_timer);
    delivery_item_take(connection, item);
    delivery_connection_begin(connection);
}

/* --- the session's end ------------------------------------------------------------------------ */

/* The session is over before its time. What that means depends on how far it had come. */
static void session_lost(struct delivery_connection *connection, const struct reason *reason,
                         enum client_verdict verdict)
{
    if (connection->item == NULL) {
        delivery_connection_gone(connection);
        return;
    }
    bool in_transaction = connection->has_session && connection->session.transaction != NULL;
    /* An old connection that was closed under our feet says nothing about the message. */
    if (in_transaction && connection->message_count > 1 && !connection->transaction_heard) {
        struct queue_item *item = connection->item;
        delivery_item_drop(connection);
        queue_put_back(connection->lane->delivery->queue, item);
        delivery_connection_gone(connection);
        return;
    }
    /* With the final dot sent, the server may have the message: another host now would make two of
     * it (RFC 5321 4.5.3.2.6, RFC 1047). At the next attempt others come first. */
    if (in_transaction && connection->session.state == CLIENT_STATE_FINAL) {
        delivery_address_note(connection->lane->delivery, &connection->address,
                              ADDRESS_SWALLOWS_MESSAGES);
        if (conn_progress(connection->conn) == CONN_UNSENT) {
            delivery_candidate_fail(connection, reason, verdict);
            return;
        }
        client_session_abort(&connection->session, CLIENT_DEFERRED, reason);
        delivery_item_take_results(connection);
        delivery_item_decide_rest(connection, CLIENT_DEFERRED, reason);
        delivery_item_settle(connection);
        delivery_connection_gone(connection);
        return;
    }
    delivery_candidate_fail(connection, reason, verdict);
}

static void handle_event(struct delivery_connection *connection, enum client_event event)
{
    switch (event) {
    case CLIENT_EVENT_NONE:
        delivery_connection_write(connection);
        break;
    case CLIENT_EVENT_READY:
        if (!connection->session.is_tls && connection->message_count == 0 &&
            (connection->session.extensions & CLIENT_STARTTLS) == 0)
            delivery_tls_note(connection, "starttls-not-supported", NULL);
        delivery_turn_begin(connection);
        break;
    case CLIENT_EVENT_STARTTLS:
        conn_set_timeout(connection->conn, HANDSHAKE_TIMEOUT_US);
        delivery_tls_begin(connection);
        break;
    case CLIENT_EVENT_CONTENT:
        connection->feeding = true;
        feed_content(connection);
        break;
    case CLIENT_EVENT_DONE:
        transaction_done(connection);
        break;
    case CLIENT_EVENT_FAILED: {
        struct reason reason = connection->session.failure;
        if (strcmp(reason.status + 1, STATUS_NO_TLS) == 0 && !connection->session.is_tls)
            delivery_tls_note(connection, "starttls-not-supported", reason.text);
        session_lost(connection, &reason, connection->session.failure_verdict);
        break;
    }
    case CLIENT_EVENT_CLOSED:
        conn_finish(connection->conn);
        break;
    }
}

static void on_input(void *owner)
{
    struct delivery_connection *connection = owner;
    connection->transaction_heard = true;
    if (connection->is_idle) {
        /* 421 or confusion: nothing is lost by leaving. */
        delivery_turn_give_back(connection);
        delivery_connection_gone(connection);
        return;
    }
    enum client_event event =
        client_session_feed(&connection->session, conn_input(connection->conn));
    /* A part of a greeting is none. */
    if (event != CLIENT_EVENT_NONE || connection->session.state != CLIENT_STATE_GREETING)
        delivery_room_answered(connection);
    handle_event(connection, event);
}

static void on_connected(void *owner)
{
    struct delivery_connection *connection = owner;
    delivery_room_connected(connection);
    conn_set_timeout(connection->conn, GREETING_TIMEOUT_US);
    if (connection->session.setup.is_tls)
        delivery_tls_begin(connection);
}

static void on_secured(void *owner)
{
    struct delivery_connection *connection = owner;
    delivery_tls_secured(connection);
    if (connection->session.setup.is_tls)
        return; /* the greeting follows */
    client_session_secured(&connection->session);
    delivery_connection_write(connection);
}

static void on_drained(void *owner)
{
    struct delivery_connection *connection = owner;
    if (connection->feeding)
        feed_content(connection);
}

/* TLS was up, and broke before anything was done in it: by a record or alert that is not right, or
 * by an end at the first command. Servers that ask for another handshake do so, which TLS here
 * refuses (RFC 5246 7.2.2), and those that want a certificate of ours (RFC 8446 4.4.2.4). */
static bool is_tls_slip(const struct delivery_connection *connection, enum conn_end end)
{
    enum client_state state = connection->session.state;
    bool is_first_command = state == CLIENT_STATE_EHLO || state == CLIENT_STATE_HELO;
    if (!connection->session.is_tls || connection->message_count > 1 ||
        state == CLIENT_STATE_FINAL || connection->tls.use == TLS_USE_REQUIRED)
        return false;
    return end == CONN_END_TLS || (is_first_command && end != CONN_END_TIMEOUT);
}

/* TLS failed: the same host again in clear text, where the policy allows it. */
static void tls_failed(struct delivery_connection *connection, const char *text)
{
    struct reason reason;
    if (!delivery_tls_failed(connection, text, &reason)) {
        session_lost(connection, &reason,
                     reason.status[0] == '5' ? CLIENT_REFUSED : CLIENT_DEFERRED);
        return;
    }
    delivery_connection_close(connection);
    delivery_candidate_try(connection);
}

static void on_end(void *owner, enum conn_end end, const char *text)
{
    struct delivery_connection *connection = owner;
    struct reason reason;
    if (end == CONN_END_FLUSHED || connection->is_idle ||
        connection->session.state == CLIENT_STATE_QUIT) {
        delivery_connection_log(connection, "disconnected", NULL);
        if (connection->is_idle)
            delivery_turn_give_back(connection);
        delivery_connection_gone(connection);
        return;
    }
    if (connection->session.setup.is_tls && connection->tls_is_open &&
        !connection->transaction_heard) {
        tls_failed(connection, text);
        return;
    }
    /* Some middle boxes cut the connection at STARTTLS already. */
    if (connection->session.state == CLIENT_STATE_SECURING ||
        connection->session.state == CLIENT_STATE_STARTTLS) {
        tls_failed(connection, text);
        return;
    }
    if (is_tls_slip(connection, end)) {
        tls_failed(connection, text);
        return;
    }
    bool connecting =
        connection->session.state == CLIENT_STATE_GREETING && !connection->transaction_heard;
    reason_set(&reason, connecting ? "4.4.1" : "4.4.2", false, connection->host, "%s, at %s: %s",
               connection->host,
               connecting ? "the connection" : client_state_name(connection->session.state), text);
    session_lost(connection, &reason, CLIENT_DEFERRED);
}

void delivery_connection_trace(void *owner, bool is_sent, struct slice bytes)
{
    const struct delivery_connection *connection = owner;
    enum client_state state = connection->session.state;
    const struct trace_piece piece = {
        .kind = "connection",
        .number = connection->number,
        .is_sent = is_sent,
        .is_secret = is_sent && (state == CLIENT_STATE_AUTH || state == CLIENT_STATE_AUTH_USER ||
                                 state == CLIENT_STATE_AUTH_PASSWORD),
        .bytes = bytes,
    };
    trace_write(connection->lane->delivery->options.log, &piece);
}

const struct conn_handler DELIVERY_HANDLER = {
    .on_input = on_input,
    .on_connected = on_connected,
    .on_secured = on_secured,
    .on_drained = on_drained,
    .on_end = on_end,
};

/* --- beginning and end ------------------------------------------------------------------------ */

/* A source of one family leaves out the addresses of the other. */
static void keep_reachable(struct delivery_connection *connection)
{
    const struct routing_source *source = connection->source;
    size_t kept = 0;
    if (source->v4.family == 0 && source->v6.family == 0)
        return;
    for (size_t i = 0; i < connection->candidate_count; i++) {
        bool is_v4 = connection->candidates[i].address->family == AF_INET;
        if ((is_v4 ? source->v4.family : source->v6.family) != 0)
            connection->candidates[kept++] = connection->candidates[i];
    }
    connection->candidate_count = kept;
}

/* Addresses that have swallowed a message come behind all others, in their order. */
static void put_off_swallowers(struct delivery_connection *connection)
{
    struct route_candidate later[LANE_CANDIDATES_MAX];
    size_t later_count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < connection->candidate_count; i++) {
        const struct route_candidate candidate = connection->candidates[i];
        if (delivery_address_has(connection->lane->delivery, candidate.address,
                                 ADDRESS_SWALLOWS_MESSAGES))
            later[later_count++] = candidate;
        else
            connection->candidates[kept++] = candidate;
    }
    for (size_t i = 0; i < later_count; i++)
        connection->candidates[kept++] = later[i];
}

void delivery_connection_open(struct lane *lane, struct queue_item *item, size_t source)
{
    struct delivery *delivery = lane->delivery;
    struct delivery_connection *connection = mem_alloc(sizeof *connection);
    connection->lane = lane;
    buf_init(&connection->sender, SENDER_BYTES_MAX);
    buf_init(&connection->converted, CONVERTED_BYTES_MAX);
    connection->config = config_hold(delivery->options.config);
    connection->number = ++delivery->last_number;
    connection->route = route_keep(lane->route);
    connection->source = &lane->pool->sources[source];
    connection->relay = lane->relay;
    connection->site = lane->sites[source];
    delivery_shaping_opened(connection);
    connection->idle_timer =
        event_new(delivery->options.base, -1, 0, delivery_turn_on_timer, connection);
    list_init(&connection->idle_link);
    list_init(&connection->rest_link);
    list_init(&connection->unheard_link);
    list_push_back(&lane->connections, &connection->link);
    delivery_room_take(connection);
    delivery_item_take(connection, item);
    connection->candidate_count =
        route_order(lane->route, &delivery->rng, connection->candidates, LANE_CANDIDATES_MAX);
    keep_reachable(connection);
    put_off_swallowers(connection);
    delivery_candidate_try(connection);
}

void delivery_connection_abandon(struct delivery_connection *connection)
{
    struct queue_item *item = connection->item;
    if (item != NULL) {
        delivery_item_drop(connection);
        queue_put_back(connection->lane->delivery->queue, item);
    }
    connection_free(connection);
}
