/* How far what was written has come, on the loopback against a peer that never reads. */
#include "mta-under-test/refmta/net/conn.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum { LOOPS_MAX = 1000, SMALL_WINDOW_BYTES = 4096, CONTENT_BYTES = 65536 };

static struct event_base *base;
static struct conn *conn;
static int peer;

static void ignore(void *owner)
{
    (void)owner;
}

static void on_end(void *owner, enum conn_end end, const char *text)
{
    (void)owner;
    (void)end;
    ck_abort_msg("%s", text);
}

static void start(void)
{
    static const struct conn_handler HANDLER = {.on_input = ignore,
                                                .on_connected = ignore,
                                                .on_secured = ignore,
                                                .on_drained = ignore,
                                                .on_end = on_end};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int window = SMALL_WINDOW_BYTES;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &window, sizeof window), 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    peer = accept(listener, NULL, NULL);
    ck_assert_int_ge(peer, 0);
    close(listener);
    base = event_base_new();
    conn = conn_new(base, fd, &HANDLER, NULL, SMALL_WINDOW_BYTES);
    ck_assert_ptr_nonnull(conn);
}

static void stop(void)
{
    conn_close(&conn);
    event_base_free(base);
    close(peer);
}

static void write_all(const char *bytes, size_t len)
{
    conn_write(conn, slice_from(bytes, len));
    ck_assert_int_eq(conn_progress(conn), CONN_UNSENT);
    for (unsigned i = 0; i < LOOPS_MAX && conn_pending(conn) > 0; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(conn_pending(conn), 0);
}

START_TEST(what_the_peers_machine_has_is_acknowledged)
{
    start();
    ck_assert_int_eq(conn_progress(conn), CONN_ACKNOWLEDGED);
    write_all("x", 1);
    for (unsigned i = 0; i < LOOPS_MAX && conn_progress(conn) != CONN_ACKNOWLEDGED; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_int_eq(conn_progress(conn), CONN_ACKNOWLEDGED);
    stop();
}
END_TEST

START_TEST(what_the_kernel_still_holds_is_unsent)
{
    static const char CONTENT[CONTENT_BYTES];
    start();
    write_all(CONTENT, sizeof CONTENT);
    for (unsigned i = 0; i < LOOPS_MAX; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_int_eq(conn_progress(conn), CONN_UNSENT);
    stop();
}
END_TEST

UNIT_MAIN(what_the_peers_machine_has_is_acknowledged, what_the_kernel_still_holds_is_unsent)
