#include "mta-under-test/refmta/delivery/lane.h"

#include "mta-under-test/base/poison.h"

/*
 * Connections that nobody has answered have half of the room at most, so that dead hosts, which
 * hold theirs until the time limit, leave the other half to those that take mail.
 */
enum {
    CONNECTIONS_MAX = 2000,
    OPENING_MAX = CONNECTIONS_MAX / 2,
    OPENING_MANY = CONNECTIONS_MAX / 8, /* from then on one for each destination that is new */
    FINDING_MAX = 250, /* routes that are asked for: the answers to more overflow a UDP socket */
};

/* Each kind of room has a queue of its own: who waits for a route that nobody tells, or behind dead
 * hosts, is in nobody else's way. */
static enum room room_that_it_needs(const struct lane *lane)
{
    if (!lane_route_is_fresh(lane))
        return ROOM_ROUTE;
    return lane->has_answered ? ROOM_KNOWN : ROOM_STRANGER;
}

static bool has_room(const struct delivery *delivery, enum room room)
{
    switch (room) {
    case ROOM_ROUTE:
        return delivery->finding_count < FINDING_MAX;
    case ROOM_STRANGER:
        return delivery->connection_count < CONNECTIONS_MAX &&
               delivery->opening_count < OPENING_MAX;
    case ROOM_KNOWN:
    case ROOM_COUNT:
        break;
    }
    return delivery->connection_count < CONNECTIONS_MAX;
}

bool delivery_room_for(struct lane *lane)
{
    struct delivery *delivery = lane->delivery;
    enum room room = room_that_it_needs(lane);
    if (!lane->has_answered && lane->connection_count > 0 &&
        delivery->opening_count >= OPENING_MANY)
        return false;
    if (has_room(delivery, room))
        return true;
    if (list_is_empty(&lane->room_link))
        list_push_back(&delivery->crowded[room], &lane->room_link);
    return false;
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
    connection->is_opening = true;
    connection->lane->connection_count++;
    delivery->connection_count++;
    delivery->opening_count++;
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
