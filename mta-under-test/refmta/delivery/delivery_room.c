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
    return delivery->connection_count >= delivery->limits.connections_max;
}

static bool has_room(const struct delivery *delivery, enum room room)
{
    switch (room) {
    case ROOM_ROUTE:
        return delivery->finding_count < delivery->limits.finding_max;
    case ROOM_STRANGER:
        return !is_full(delivery) && delivery->opening_count < delivery->limits.opening_max;
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

static struct delivery_connection *unheard_of(struct list *link)
{
    return LIST_ENTRY(link, struct delivery_connection, unheard_link);
}

/* Of those that are to greet, who came behind as many as may have all their time; NULL. */
static struct delivery_connection *first_impatient(const struct delivery *delivery)
{
    size_t count = 0;
    LIST_EACH(link, &delivery->silent)
    {
        if (count++ == delivery->limits.silent_max)
            return unheard_of(link);
    }
    return NULL;
}

/* Which connection is given up first for others, and in how much time; NULL: none ever is. */
static struct delivery_connection *first_to_leave(const struct delivery *delivery, int64_t *wait_us)
{
    const struct delivery_limits *limits = &delivery->limits;
    int64_t now_us = time_monotonic_us();
    struct delivery_connection *first = NULL;
    if (!list_is_empty(&delivery->unheard)) {
        first = unheard_of(delivery->unheard.next);
        *wait_us = first->tried_us + limits->patience_us - now_us;
    }
    struct delivery_connection *silent = first_impatient(delivery);
    if (silent == NULL)
        return first;
    int64_t silent_wait_us = silent->tried_us + limits->greeting_patience_us - now_us;
    if (first != NULL && *wait_us <= silent_wait_us)
        return first;
    *wait_us = silent_wait_us;
    return silent;
}

/* Nobody is given up but by the timer: who calls may be in the midst of a connection. */
static void set_timer(struct delivery *delivery)
{
    int64_t wait_us = 0;
    if (list_is_empty(&delivery->crowded[ROOM_STRANGER]) ||
        first_to_leave(delivery, &wait_us) == NULL)
        return;
    wait_us = wait_us > 0 ? wait_us : 0;
    struct timeval wait = {.tv_sec = (time_t)(wait_us / TIME_SECOND),
                           .tv_usec = (suseconds_t)(wait_us % TIME_SECOND)};
    event_add(delivery->patience_timer, &wait);
}

/* As many connections as strangers wait end before their time, if no host took them for so long, or
 * greeted: otherwise dead hosts would hold up the living ones that nobody knows yet. Some hosts
 * greet late on purpose or by load (RFC 5321 4.5.3.2.1): a part of the room is for their patience,
 * so that they have their turn. */
void delivery_room_on_patience(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct delivery *delivery = arg;
    LIST_EACH(link, &delivery->crowded[ROOM_STRANGER])
    {
        int64_t wait_us = 0;
        struct delivery_connection *first = first_to_leave(delivery, &wait_us);
        if (first == NULL || wait_us > 0)
            break;
        delivery_connection_log(first, "given-up-early", "other destinations wait for its place");
        delivery_room_heard(first);
        conn_set_timeout(first->conn, 1);
    }
    set_timer(delivery);
}

/* From now on it may be given up in the order of this list. */
static void wait_in(struct list *list, struct delivery_connection *connection)
{
    struct delivery *delivery = connection->lane->delivery;
    if (!connection->is_opening)
        return;
    list_remove(&connection->unheard_link);
    list_push_back(list, &connection->unheard_link);
    connection->tried_us = time_monotonic_us();
    set_timer(delivery);
}

void delivery_room_try(struct delivery_connection *connection)
{
    wait_in(&connection->lane->delivery->unheard, connection);
}

void delivery_room_connected(struct delivery_connection *connection)
{
    wait_in(&connection->lane->delivery->silent, connection);
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
        delivery->opening_count >= delivery->limits.opening_many)
        return false;
    if (has_room(delivery, room))
        return true;
    if (list_is_empty(&lane->room_link)) {
        list_push_back(&delivery->crowded[room], &lane->room_link);
        if (room != ROOM_ROUTE && is_full(delivery))
            make_room(delivery);
        if (room == ROOM_STRANGER)
            set_timer(delivery);
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
    delivery_room_heard(connection);
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
