#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"

#include "mta-under-test/base/poison.h"

/* How long one is kept open for the sake of a receiver's rate. */
#define PACE_US (30 * TIME_SECOND)

static void start_idle_timer(struct delivery_connection *connection, int64_t wait_us)
{
    struct timeval wait = {.tv_sec = (time_t)(wait_us / TIME_SECOND),
                           .tv_usec = (suseconds_t)(wait_us % TIME_SECOND)};
    event_add(connection->idle_timer, &wait);
}

static void go_idle(struct delivery_connection *connection)
{
    struct lane *lane = connection->lane;
    if (!delivery_room_to_rest(connection)) {
        delivery_connection_quit(connection);
        return;
    }
    connection->is_idle = true;
    list_push_front(&lane->idle, &connection->idle_link);
    start_idle_timer(connection, lane->delivery->limits.idle_us);
    conn_set_timeout(connection->conn, 0);
}

/* The item that was not tried here goes back to the queue. */
void delivery_turn_give_back(struct delivery_connection *connection)
{
    struct queue_item *item = connection->item;
    if (item == NULL)
        return;
    delivery_item_drop(connection);
    queue_put_back(connection->lane->delivery->queue, item);
}

void delivery_connection_quit(struct delivery_connection *connection)
{
    delivery_turn_give_back(connection);
    list_remove(&connection->idle_link);
    list_remove(&connection->rest_link);
    connection->is_idle = false;
    connection->is_paced = false;
    event_del(connection->idle_timer);
    client_session_quit(&connection->session);
    delivery_connection_write(connection);
}

/* The receiver's rate wants a pause: in the same session, if it is short. */
static void pause_until(struct delivery_connection *connection, int64_t at_us)
{
    connection->is_idle = true;
    connection->is_paced = true;
    start_idle_timer(connection, at_us - time_monotonic_us());
    conn_set_timeout(connection->conn, 0);
}

/* A new session has its item: others may have used up what the receiver allows meanwhile. */
void delivery_turn_begin(struct delivery_connection *connection)
{
    int64_t at_us = delivery_shaping_send_at(connection);
    int64_t now_us = time_monotonic_us();
    if (at_us <= now_us)
        delivery_connection_begin(connection);
    else if (at_us <= now_us + PACE_US)
        pause_until(connection, at_us);
    else
        delivery_connection_quit(connection);
}

/* The session can take another message: the next one, a pause, or the end. */
void delivery_turn_next(struct delivery_connection *connection)
{
    struct lane *lane = connection->lane;
    if (connection->session.closing) {
        conn_finish(connection->conn);
        return;
    }
    int64_t at_us = delivery_shaping_send_at(connection);
    int64_t now_us = time_monotonic_us();
    bool is_outdated = connection->config != lane->delivery->options.config;
    if (lane->delivery->stopping || is_outdated || at_us > now_us + PACE_US) {
        delivery_connection_quit(connection);
        return;
    }
    if (at_us > now_us && lane->destination->ready.count > 0) {
        pause_until(connection, at_us);
        return;
    }
    struct queue_item *item = lane_next_item(lane);
    if (item == NULL) {
        go_idle(connection);
    } else if (!delivery_tls_suits(connection, item)) {
        queue_put_back(lane->delivery->queue, item);
        delivery_connection_quit(connection);
    } else {
        delivery_item_take(connection, item);
        delivery_connection_begin(connection);
    }
}

void delivery_turn_on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct delivery_connection *connection = arg;
    if (connection->has_failure) {
        struct reason reason = connection->failure;
        connection->has_failure = false;
        delivery_candidate_fail(connection, &reason, connection->failure_verdict);
        return;
    }
    if (!connection->is_paced) {
        delivery_connection_quit(connection);
        return;
    }
    connection->is_paced = false;
    connection->is_idle = false;
    if (connection->item != NULL)
        delivery_turn_begin(connection);
    else
        delivery_turn_next(connection);
}
