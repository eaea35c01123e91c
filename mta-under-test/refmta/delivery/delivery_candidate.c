#include <errno.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"

#include "mta-under-test/base/poison.h"

#define CONNECT_TIMEOUT_US (30 * TIME_SECOND)

enum { INPUT_BYTES_MAX = 1 << 17 };

size_t delivery_candidate_next(const struct delivery_connection *connection, bool answered)
{
    size_t next = connection->candidate + 1;
    if (delivery_address_has(connection->lane->delivery, &connection->address,
                             ADDRESS_SWALLOWS_MESSAGES))
        return next;
    while (answered && next < connection->candidate_count &&
           connection->candidates[next].host == connection->candidates[connection->candidate].host)
        next++;
    return next;
}

/* A failure may end the connection and with it the lane, whose code may be what called us: so it is
 * left to the loop. */
static void fail_later(struct delivery_connection *connection, const struct reason *reason,
                       enum client_verdict verdict)
{
    connection->has_failure = true;
    connection->failure = *reason;
    connection->failure_verdict = verdict;
    event_active(connection->idle_timer, EV_TIMEOUT, 0);
}

/* The policy forbids this host. */
static void refuse_host(struct delivery_connection *connection)
{
    const struct tls_policy *tls = &connection->tls;
    struct reason reason;
    if (tls->report_as != NULL)
        delivery_tls_note(connection, tls->report_as, tls->why);
    reason_set(&reason, tls->status, false, connection->host, "%s: %s", connection->host, tls->why);
    fail_later(connection, &reason, tls->is_permanent ? CLIENT_REFUSED : CLIENT_DEFERRED);
}

static bool is_implicit(const struct delivery_connection *connection)
{
    const struct routing_relay *relay = connection->relay;
    return relay != NULL && relay->tls == ROUTING_TLS_IMPLICIT;
}

/* The host has addresses, but none of a family that this source of ours has. */
static void no_way(struct delivery_connection *connection)
{
    struct reason reason;
    reason_set(&reason, "4.4.4", false, "", "%s: no address there can be reached from %s",
               connection->lane->domain, connection->source->name);
    fail_later(connection, &reason, CLIENT_DEFERRED);
}

void delivery_candidate_try(struct delivery_connection *connection)
{
    struct delivery *delivery = connection->lane->delivery;
    const struct config *config = connection->config;
    const struct routing_relay *relay = connection->relay;
    if (connection->candidate >= connection->candidate_count) {
        no_way(connection);
        return;
    }
    const struct route_candidate *candidate = &connection->candidates[connection->candidate];
    connection->address = *candidate->address;
    snprintf(connection->host, sizeof connection->host, "%s", candidate->host->name);
    connection->message_count = 0;
    connection->transaction_heard = false;
    delivery_tls_decide(connection);
    delivery_connection_log(connection, "connecting", connection->tls.why);
    if (connection->tls.use == TLS_USE_NO_HOST) {
        refuse_host(connection);
        return;
    }
    struct client_setup setup = {
        .hostname = connection->source->hostname,
        .peer = connection->host,
        .tls = connection->tls.use,
        .needs_requiretls = connection->tls.needs_requiretls,
        .user = relay != NULL ? relay->user : config->smart_host_user,
        .password = relay != NULL ? relay->password : config->smart_host_password,
        .chunks = config->chunking &&
                  !delivery_address_has(delivery, &connection->address, ADDRESS_KNOWS_NO_BDAT),
        .is_tls = is_implicit(connection),
        .is_lmtp = relay != NULL && relay->protocol == ROUTING_LMTP};
    struct ip_endpoint endpoint = {connection->address, connection->route->port};
    const struct ip_address *source =
        connection->address.family == AF_INET ? &connection->source->v4 : &connection->source->v6;
    connection->conn =
        conn_connect(delivery->options.base, &endpoint, source->family != 0 ? source : NULL,
                     &DELIVERY_HANDLER, connection, INPUT_BYTES_MAX);
    client_session_init(&connection->session, &setup);
    connection->has_session = true;
    if (connection->conn != NULL) {
        conn_set_timeout(connection->conn, CONNECT_TIMEOUT_US);
        delivery_room_try(connection);
        if (trace_wants_destination(delivery->options.trace, connection->lane->destination->name))
            conn_set_trace(connection->conn, delivery_connection_trace);
        return;
    }
    struct reason reason;
    reason_set(&reason, "4.4.1", false, connection->host, "%s, at the connection: %s",
               connection->host, strerror(errno));
    fail_later(connection, &reason, CLIENT_DEFERRED);
}

static void give_up(struct delivery_connection *connection, const struct reason *reason)
{
    struct queue_item *item = connection->item;
    struct lane *lane = connection->lane;
    /* Some recipients may already have their result, from another transaction of this item. */
    bool any_decided = false;
    for (uint32_t i = 0; i < item->recipient_count; i++)
        any_decided = any_decided || connection->decided[i];
    enum outcome_kind kind = connection->any_deferred ? OUTCOME_DEFERRED : OUTCOME_FAILED;
    if (any_decided) {
        delivery_item_decide_rest(
            connection, connection->any_deferred ? CLIENT_DEFERRED : CLIENT_REFUSED, reason);
        delivery_item_settle(connection);
    } else {
        delivery_item_drop(connection);
        lane_unreachable(lane, item, kind, reason);
    }
    delivery_connection_gone(connection);
}

/* The receiver does not want us for a time: its other hosts are no way round. */
static bool is_held(const struct delivery_connection *connection)
{
    const struct reply_rule *rule = connection->rule;
    return rule != NULL && (rule->action == REPLY_SUSPEND || rule->action == REPLY_SWITCH);
}

void delivery_candidate_fail(struct delivery_connection *connection, const struct reason *reason,
                             enum client_verdict verdict)
{
    delivery_connection_log(connection, "candidate-failed", reason->text);
    verdict = delivery_shaping_judge(connection, reason, verdict);
    if (verdict != CLIENT_REFUSED)
        connection->any_deferred = true;
    delivery_connection_close(connection);
    connection->candidate = delivery_candidate_next(connection, reason->said);
    if (connection->candidate < connection->candidate_count && !is_held(connection))
        delivery_candidate_try(connection);
    else
        give_up(connection, reason);
}
