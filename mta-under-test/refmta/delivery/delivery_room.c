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

static bool has_room(const struct delivery *delivery)
{
    return delivery->connection_count < CONNECTIONS_MAX && delivery->opening_count < OPENING_MAX &&
           delivery->finding_count < FINDING_MAX;
}

bool delivery_room_for(struct lane *lane)
{
    struct delivery *delivery = lane->delivery;
    if (!lane->has_answered && lane->connection_count > 0 &&
        delivery->opening_count >= OPENING_MANY)
        return false;
    if (has_room(delivery))
        return true;
    if (list_is_empty(&lane->room_link))
        list_push_back(&delivery->crowded, &lane->room_link);
    return false;
}

/* Left to the loop: the lanes that go on may be those whose code is running. */
static void wake(struct delivery *delivery)
{
    if (!list_is_empty(&delivery->crowded) && has_room(delivery))
        event_active(delivery->room_event, EV_TIMEOUT, 0);
}

void delivery_room_on_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct delivery *delivery = arg;
    while (!delivery->stopping && has_room(delivery)) {
        struct list *link = list_pop_front(&delivery->crowded);
        if (link == NULL)
            return;
        lane_dispatch(LIST_ENTRY(link, struct lane, room_link));
    }
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
    /* Others may follow, where it was one only. */
    if (!lane->has_answered && list_is_empty(&lane->room_link))
        list_push_back(&lane->delivery->crowded, &lane->room_link);
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
