/*
 * Many clients, and hostile ones: what a server on the loopback bears.
 */
#include "tests/unit/sim/mx/mx_stand.h"

/* ---- many, and hostile ones */

static void client_crowd(struct stand *stand)
{
    int fds[CROWD];
    for (int i = 0; i < CROWD; i++)
        fds[i] = dial(stand);
    for (int i = 0; i < CROWD; i++) {
        stand->fd = fds[i];
        hear(stand, "220");
        send_message(stand);
    }
    for (int i = 0; i < CROWD; i++)
        close(fds[i]);
}

START_TEST(test_many_at_once)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_crowd);
    stand_check_log(&stand, "\"session\":\"mx.a.test#300\",\"host\"");
    stand_close(&stand);
}
END_TEST

static void client_one_too_many(struct stand *stand)
{
    int first = dial(stand);
    hear(stand, "220");
    client_is_reset(stand);
    close(first);
}

START_TEST(test_connections_are_limited)
{
    struct stand stand = {.limits = MX_LIMITS_DEFAULT};
    stand.limits.connections_max = 1;
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_one_too_many);
    stand_close(&stand);
}
END_TEST

static void client_without_room(struct stand *stand)
{
    struct rlimit limit;
    int first = dial(stand);
    hear(stand, "220");
    int second = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)second + 1; /* nothing can be opened any more */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(mx_server_port(stand->server, 0)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    char c;
    ck_assert_int_eq(connect(second, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(recv(second, &c, 1, 0), -1);
    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(first);
    close(second);
}

START_TEST(test_no_descriptor_is_left)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_without_room);
    stand_serve(&stand, client_plain);
    stand_close(&stand);
}
END_TEST

static void client_never_reads(struct stand *stand)
{
    dial(stand);
    fcntl(stand->fd, F_SETFL, O_NONBLOCK);
    /* Until nothing more goes in: the server has stopped reading. */
    char noops[6000];
    for (size_t i = 0; i < sizeof noops; i += 6)
        memcpy(noops + i, "NOOP\r\n", 6);
    int refused = 0;
    for (int i = 0; i < 100000 && refused < 1000; i++) {
        if (send(stand->fd, noops, sizeof noops, MSG_NOSIGNAL) < 0) {
            refused++;
            sched_yield();
        } else {
            refused = 0;
        }
    }
    ck_assert_int_eq(refused, 1000);
    /* Others are served all the same. */
    int hostile = stand->fd;
    client_plain(stand);
    close(hostile);
}

START_TEST(test_a_client_that_never_reads)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_never_reads);
    stand_close(&stand);
}
END_TEST

static void client_idles(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
    hear(stand, "421 ");
    hear_end(stand);
    hang_up(stand);
}

START_TEST(test_idle_clients_are_sent_away)
{
    struct stand stand = {.limits = MX_LIMITS_DEFAULT};
    stand.limits.idle_us = 20 * TIME_MS;
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_idles);
    stand_close(&stand);
}
END_TEST

static void client_stays(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
}

START_TEST(test_closing_ends_sessions)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_stays);
    ck_assert_uint_eq(mx_server_connection_count(stand.server), 1);
    mx_server_close(&stand.server);
    stand_check_log(&stand, "\"by\":\"end\"");
    close(stand.fd);
    stand_close(&stand);
}
END_TEST

UNIT_MAIN(test_many_at_once, test_connections_are_limited, test_no_descriptor_is_left,
          test_a_client_that_never_reads, test_idle_clients_are_sent_away,
          test_closing_ends_sessions)
