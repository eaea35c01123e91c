/* The room for connections by itself: the lanes here only count, and say in which order they go. */
#include <event2/event.h>
#include <string.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"
#include "tests/unit/unit.h"

enum { LANES = 8, CONNECTIONS = 16 };

static const struct delivery_limits LIMITS = {
    .connections_max = 4,
    .opening_max = 2,
    .opening_many = 1,
    .silent_max = 1,
    .finding_max = 2,
    .patience_us = 0,
    .greeting_patience_us = 0,
};
static struct delivery delivery;
static struct event_base *base;
static struct lane lanes[LANES];
static struct delivery_connection connections[CONNECTIONS];
static size_t connection_count;
static char order[64]; /* the lanes that went on, by letter */
static char quit[64];  /* those whose idle connection was told to end */
static char ended[64]; /* those whose connection was given up early */

static void add_letter(char text[64], const struct lane *lane)
{
    size_t len = strlen(text);
    ck_assert_uint_lt(len, 63);
    text[len] = (char)('a' + (lane - lanes));
}

static struct delivery_connection *open_connection(struct lane *lane)
{
    ck_assert_uint_lt(connection_count, CONNECTIONS);
    struct delivery_connection *connection = &connections[connection_count++];
    connection->lane = lane;
    list_init(&connection->rest_link);
    list_init(&connection->unheard_link);
    delivery_room_take(connection);
    delivery_room_try(connection);
    return connection;
}

static void end_connection(struct delivery_connection *connection)
{
    list_remove(&connection->rest_link);
    delivery_room_heard(connection);
    delivery_room_give(connection);
}

/* What the rest of the delivery does: one connection, or one question, where there is room. */
static bool ask(struct lane *lane)
{
    if (!delivery_room_for(lane))
        return false;
    add_letter(order, lane);
    if (lane->route != NULL)
        open_connection(lane);
    else
        delivery_room_note_finding(&delivery, true);
    return true;
}

void lane_dispatch(struct lane *lane)
{
    ask(lane);
}

bool lane_route_is_fresh(const struct lane *lane)
{
    return lane->route != NULL;
}

void delivery_connection_quit(struct delivery_connection *connection)
{
    add_letter(quit, connection->lane);
    list_remove(&connection->rest_link);
}

void delivery_connection_log(const struct delivery_connection *connection, const char *event,
                             const char *text)
{
    (void)text;
    ck_assert_str_eq(event, "given-up-early");
    add_letter(ended, connection->lane);
}

void conn_set_timeout(struct conn *conn, int64_t timeout_us)
{
    (void)conn;
    ck_assert_int_le(timeout_us, 1);
}

static void start(const struct delivery_limits *limits)
{
    static struct route route;
    base = event_base_new();
    delivery = (struct delivery){.limits = *limits};
    for (enum room room = 0; room < ROOM_COUNT; room++)
        list_init(&delivery.crowded[room]);
    list_init(&delivery.idle);
    list_init(&delivery.unheard);
    list_init(&delivery.silent);
    delivery.room_event = event_new(base, -1, 0, delivery_room_on_event, &delivery);
    delivery.patience_timer = event_new(base, -1, 0, delivery_room_on_patience, &delivery);
    for (size_t i = 0; i < LANES; i++) {
        lanes[i] = (struct lane){.delivery = &delivery, .route = &route};
        list_init(&lanes[i].room_link);
    }
}

static void stop(void)
{
    event_free(delivery.room_event);
    event_free(delivery.patience_timer);
    event_base_free(base);
}

static void turn(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}

static const struct delivery_limits *patient(void)
{
    static struct delivery_limits limits;
    limits = LIMITS;
    limits.patience_us = TIME_HOUR;
    limits.greeting_patience_us = TIME_HOUR;
    return &limits;
}

START_TEST(the_waiting_go_on_in_their_order)
{
    start(patient());
    for (size_t i = 0; i < 6; i++)
        ask(&lanes[i]);
    ck_assert_str_eq(order, "ab");
    turn();
    ck_assert_str_eq(order, "ab");
    end_connection(&connections[1]);
    turn();
    ck_assert_str_eq(order, "abc");
    end_connection(&connections[0]);
    end_connection(&connections[2]);
    turn();
    ck_assert_str_eq(order, "abcde");
    stop();
}
END_TEST

START_TEST(who_asks_again_keeps_his_place_and_has_one)
{
    start(patient());
    ask(&lanes[0]);
    ask(&lanes[1]);
    ask(&lanes[2]);
    ask(&lanes[3]);
    ask(&lanes[2]);
    for (size_t i = 0; i < 2; i++) {
        end_connection(&connections[i]);
        turn();
    }
    end_connection(&connections[2]);
    turn();
    ck_assert_str_eq(order, "abcd");
    stop();
}
END_TEST

START_TEST(dead_hosts_do_not_take_the_room_of_those_that_answer)
{
    start(patient());
    lanes[0].has_answered = true;
    ask(&lanes[1]);
    ask(&lanes[2]);
    ask(&lanes[3]); /* waits for them */
    ck_assert(ask(&lanes[0]));
    ck_assert(ask(&lanes[0]));
    ck_assert(!ask(&lanes[0]));
    ck_assert_str_eq(order, "bcaa");
    stop();
}
END_TEST

START_TEST(a_host_that_answers_makes_room_for_the_next_stranger)
{
    start(patient());
    ask(&lanes[0]);
    ask(&lanes[1]);
    ask(&lanes[2]);
    delivery_room_answered(&connections[0]);
    turn();
    /* The one that was answered may have another, and the next of the strangers is in. */
    ck_assert_str_eq(order, "abac");
    stop();
}
END_TEST

START_TEST(a_new_destination_has_one_connection_while_many_are_opened)
{
    start(patient());
    ask(&lanes[0]);
    ck_assert(!ask(&lanes[0]));
    ck_assert(ask(&lanes[1]));
    ck_assert_str_eq(order, "ab");
    stop();
}
END_TEST

START_TEST(questions_wait_for_questions_only)
{
    start(patient());
    for (size_t i = 0; i < 4; i++)
        lanes[i].route = NULL;
    for (size_t i = 0; i < 6; i++)
        ask(&lanes[i]);
    ck_assert_str_eq(order, "abef");
    delivery_room_note_finding(&delivery, false);
    turn();
    delivery_room_note_finding(&delivery, false);
    turn();
    ck_assert_str_eq(order, "abefcd");
    stop();
}
END_TEST

START_TEST(strangers_that_wait_end_what_no_host_has_taken)
{
    start(&LIMITS);
    ask(&lanes[0]);
    ask(&lanes[1]);
    ck_assert_uint_eq(connection_count, 2);
    delivery_room_connected(&connections[0]); /* one may take its time for the greeting */
    ask(&lanes[2]);
    turn();
    ck_assert(!list_is_empty(&lanes[2].room_link));
    ck_assert_str_eq(ended, "b");
    end_connection(&connections[1]);
    turn();
    ck_assert_str_eq(order, "abc");
    stop();
}
END_TEST

START_TEST(strangers_that_wait_end_what_does_not_greet)
{
    static struct delivery_limits limits;
    limits = LIMITS;
    limits.patience_us = TIME_HOUR;
    start(&limits);
    ask(&lanes[0]);
    ask(&lanes[1]);
    delivery_room_connected(&connections[1]);
    delivery_room_connected(&connections[0]);
    turn();
    ck_assert_str_eq(ended, "");
    ask(&lanes[2]);
    ask(&lanes[3]);
    turn();
    /* The second in the line ends; the first one has all its time, whoever waits. */
    ck_assert_str_eq(ended, "a");
    end_connection(&connections[0]);
    turn();
    ck_assert_str_eq(order, "abc");
    delivery_room_connected(&connections[2]);
    turn();
    ck_assert_str_eq(ended, "ac");
    stop();
}
END_TEST

START_TEST(who_greets_or_was_given_a_longer_time_stays)
{
    static struct delivery_limits limits;
    limits = LIMITS;
    limits.greeting_patience_us = TIME_HOUR;
    limits.silent_max = 0;
    start(&limits);
    ask(&lanes[0]);
    ask(&lanes[1]);
    delivery_room_connected(&connections[0]);
    delivery_room_connected(&connections[1]);
    ask(&lanes[2]);
    turn();
    ck_assert_str_eq(ended, "");
    delivery_room_try(&connections[1]); /* at its next address, for which the patience is less */
    turn();
    ck_assert_str_eq(ended, "b");
    end_connection(&connections[1]);
    turn();
    ck_assert_str_eq(order, "abc");
    delivery_room_answered(&connections[0]);
    ck_assert(list_is_empty(&delivery.silent));
    stop();
}
END_TEST

START_TEST(nobody_is_given_up_while_there_is_patience_or_room)
{
    start(patient());
    ask(&lanes[0]);
    ask(&lanes[1]);
    ask(&lanes[2]);
    turn();
    ck_assert_ptr_eq(delivery.unheard.next, &connections[0].unheard_link);
    ck_assert_ptr_eq(delivery.unheard.prev, &connections[1].unheard_link);
    stop();
    connection_count = 0;
    start(&LIMITS);
    ask(&lanes[0]);
    turn();
    ck_assert_ptr_eq(delivery.unheard.next, &connections[0].unheard_link);
    stop();
}
END_TEST

START_TEST(the_idle_leave_when_others_have_no_room)
{
    start(patient());
    for (size_t i = 0; i < 3; i++)
        lanes[i].has_answered = true;
    for (size_t i = 0; i < 4; i++)
        ask(&lanes[i % 2]);
    ck_assert(delivery_room_to_rest(&connections[1]));
    ck_assert(delivery_room_to_rest(&connections[0]));
    ck_assert_str_eq(quit, "");
    ask(&lanes[2]);
    ck_assert_str_eq(quit, "b"); /* that has done nothing for the longest time */
    ask(&lanes[2]);
    ck_assert_str_eq(quit, "b"); /* one place, one that goes */
    ck_assert(!delivery_room_to_rest(&connections[2]));
    end_connection(&connections[1]);
    turn();
    ck_assert_str_eq(order, "ababc");
    ck_assert(delivery_room_to_rest(&connections[2]));
    stop();
}
END_TEST

UNIT_MAIN(the_waiting_go_on_in_their_order, who_asks_again_keeps_his_place_and_has_one,
          dead_hosts_do_not_take_the_room_of_those_that_answer,
          a_host_that_answers_makes_room_for_the_next_stranger,
          a_new_destination_has_one_connection_while_many_are_opened,
          questions_wait_for_questions_only, strangers_that_wait_end_what_no_host_has_taken,
          strangers_that_wait_end_what_does_not_greet, who_greets_or_was_given_a_longer_time_stays,
          nobody_is_given_up_while_there_is_patience_or_room,
          the_idle_leave_when_others_have_no_room)
