#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"

#include "mta-under-test/base/poison.h"

/* Each kind of room has a queue of its own: who waits for a route that nobody tells, or behind dead
 * hosts, is in nobody else's way. */
static enum room room_that_it_needs(const struct lane *lane)
{
    if (!lane_route_is_fresh(lane))
        return ROOM_ROUTE;
    return lane->has_answered ? ROOM_KNOWN : ROOM_STRANGER;
}

static bool is_full(const struct delivery *delivery)
{
    return delivery->connection_count >= delivery->limits->connections_max;
}

static bool has_room(const struct delivery *delivery, enum room room)
{
    switch (room) {
    case ROOM_ROUTE:
        return delivery->finding_count < delivery->limits->finding_max;
    case ROOM_STRANGER:
        return !is_full(delivery) && delivery->opening_count < delivery->limits->opening_max;
    case ROOM_KNOWN:
    case ROOM_COUNT:
        break;
    }
    return !is_full(delivery);
}

/* A connection that has nothing to do takes no room that another lane could use: the one goes that
 * has done nothing for the longest time. */
static void make_room(struct delivery *delivery)
{
    struct list *link = list_pop_front(&delivery->idle);
    if (link != NULL)
        delivery_connection_quit(LIST_ENTRY(link, struct delivery_connection, rest_link));
}

/* As many connections as strangers wait end before their time, if no host took them for so long:
 * otherwise dead hosts would hold up the living ones that nobody knows yet. */
static void make_room_for_strangers(struct delivery *delivery)
{
    LIST_EACH(link, &delivery->crowded[ROOM_STRANGER])
    {
        if (list_is_empty(&delivery->unheard))
            return;
        struct delivery_connection *oldest =
            LIST_ENTRY(delivery->unheard.next, struct delivery_connection, unheard_link);
        int64_t wait_us = oldest->tried_us + delivery->limits->patience_us - time_monotonic_us();
        if (wait_us > 0) {
            struct timeval wait = {.tv_sec = (time_t)(wait_us / TIME_SECOND),
                                   .tv_usec = (suseconds_t)(wait_us % TIME_SECOND)};
            event_add(delivery->patience_timer, &wait);
            return;
        }
        delivery_room_heard(oldest);
        conn_set_timeout(oldest->conn, 1);
    }
}

void delivery_room_on_patience(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    make_room_for_strangers(arg);
}

void delivery_room_try(struct delivery_connection *connection)
{
    struct delivery *delivery = connection->lane->delivery;
    if (!connection->is_opening)
        return;
    list_remove(&connection->unheard_link);
    list_push_back(&delivery->unheard, &connection->unheard_link);
    connection->tried_us = time_monotonic_us();
    if (!event_pending(delivery->patience_timer, EV_TIMEOUT, NULL))
        make_room_for_strangers(delivery);
}

void delivery_room_heard(struct delivery_connection *connection)
{
    list_remove(&connection->unheard_link);
}

bool delivery_room_for(struct lane *lane)
{
    struct delivery *delivery = lane->delivery;
    enum room room = room_that_it_needs(lane);
    if (!lane->has_answered && lane->connection_count > 0 &&
        delivery->opening_count >= delivery->limits->opening_many)
        return false;
    if (has_room(delivery, room))
        return true;
    if (list_is_empty(&lane->room_link)) {
        list_push_back(&delivery->crowded[room], &lane->room_link);
        if (room != ROOM_ROUTE && is_full(delivery))
            make_room(delivery);
        if (room == ROOM_STRANGER && !event_pending(delivery->patience_timer, EV_TIMEOUT, NULL))
            make_room_for_strangers(delivery);
    }
    return false;
}

bool delivery_room_to_rest(struct delivery_connection *connection)
{
    struct delivery *delivery = connection->lane->delivery;
    if (is_full(delivery) && (!list_is_empty(&delivery->crowded[ROOM_KNOWN]) ||
                              !list_is_empty(&delivery->crowded[ROOM_STRANGER])))
        return false;
    list_push_back(&delivery->idle, &connection->rest_link);
    return true;
}

/* Left to the loop: the lanes that go on may be those whose code is running. */
static void wake(struct delivery *delivery)
{
    for (enum room room = 0; room < ROOM_COUNT; room++)
        if (!list_is_empty(&delivery->crowded[room]) && has_room(delivery, room))
            event_active(delivery->room_event, EV_TIMEOUT, 0);
}

static void let_in(struct delivery *delivery, enum room room)
{
    while (!delivery->stopping && has_room(delivery, room)) {
        struct list *link = list_pop_front(&delivery->crowded[room]);
        if (link == NULL)
            return;
        lane_dispatch(LIST_ENTRY(link, struct lane, room_link));
    }
}

void delivery_room_on_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    for (enum room room = 0; room < ROOM_COUNT; room++)
        let_in(arg, room);
}

void delivery_room_note_finding(struct delivery *delivery, bool begins)
{
    delivery->finding_count = begins ? delivery->finding_count + 1 : delivery->finding_count - 1;
    wake(delivery);
}

void delivery_room_take(struct delivery_connection *connection)
{
    struct delivery *delivery = connection->lane->delivery;
    connection->is_opening = !connection->lane->has_answered;
    connection->lane->connection_count++;
    delivery->connection_count++;
    delivery->opening_count += connection->is_opening ? 1 : 0;
}

void delivery_room_answered(struct delivery_connection *connection)
{
    struct lane *lane = connection->lane;
    if (!connection->is_opening)
        return;
    connection->is_opening = false;
    lane->delivery->opening_count--;
    /* Others may follow, where it was one only, and it has waited among strangers long enough. */
    if (!lane->has_answered) {
        list_remove(&lane->room_link);
        list_push_back(&lane->delivery->crowded[ROOM_KNOWN], &lane->room_link);
    }
    lane->has_answered = true;
    wake(lane->delivery);
}

void delivery_room_give(struct delivery_connection *connection)
{
    struct delivery *delivery = connection->lane->delivery;
    if (connection->is_opening)
        delivery->opening_count--;
    connection->lane->connection_count--;
    delivery->connection_count--;
    wake(delivery);
}
