/* A client by hand, in the same loop. */
#include "mta-under-test/refmta/http/http_server.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>

#include "mta-under-test/base/buf.h"
#include "tests/unit/unit.h"

static struct event_base *base;
static struct http_server *server;
static struct http_call *kept;
static bool keep;
static struct buf heard;
static char path_seen[256];
static char token_seen[256];
static size_t body_seen;

static void handle(void *arg, struct http_call *call, const struct http_request *request)
{
    (void)arg;
    snprintf(path_seen, sizeof path_seen, "%s %s", request->method, request->path);
    snprintf(token_seen, sizeof token_seen, "%s", request->token != NULL ? request->token : "none");
    body_seen = request->body.len;
    if (keep)
        kept = call;
    else
        http_answer(call, 200, "text/plain", SLICE("hello"));
}

static void on_read(struct bufferevent *peer, void *arg)
{
    char part[4096];
    (void)arg;
    for (size_t len; (len = bufferevent_read(peer, part, sizeof part)) > 0;)
        buf_add(&heard, part, len);
}

static void on_event(struct bufferevent *peer, short what, void *arg)
{
    (void)peer;
    (void)arg;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
        event_base_loopbreak(base);
}

static void start(void)
{
    struct err err = {.text = ""};
    base = event_base_new();
    struct http_server_options options = {.base = base, .body_bytes_max = 100, .handle = handle};
    ck_assert_int_eq(ip_address_from_text(SLICE("127.0.0.1"), &options.endpoint.address), 0);
    server = http_server_open(&options, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    buf_init(&heard, 1 << 16);
}

static struct bufferevent *say(const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct bufferevent *peer = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(peer, on_read, NULL, on_event, NULL);
    bufferevent_enable(peer, EV_READ | EV_WRITE);
    ck_assert_int_eq(bufferevent_socket_connect(peer, (struct sockaddr *)&address, sizeof address),
                     0);
    bufferevent_write(peer, text, strlen(text));
    return peer;
}

static void ask(const char *text)
{
    buf_reset(&heard);
    struct bufferevent *peer = say(text);
    event_base_dispatch(base);
    bufferevent_free(peer);
}

static void stop(void)
{
    http_server_close(&server);
    event_base_free(base);
    buf_deinit(&heard);
}

START_TEST(a_request_is_handled)
{
    start();
    ask("POST /a%20b?c=d HTTP/1.1\r\nHost: x\r\nAuthorization: bearer s3cret\r\n"
        "Content-Length: 3\r\nConnection: close\r\n\r\nabc");
    ck_assert_str_eq(path_seen, "POST /a b");
    ck_assert_str_eq(token_seen, "s3cret");
    ck_assert_uint_eq(body_seen, 3);
    ck_assert_ptr_nonnull(strstr(buf_text(&heard), "HTTP/1.1 200 OK"));
    ck_assert_ptr_nonnull(strstr(buf_text(&heard), "\r\n\r\nhello"));
    stop();
}
END_TEST

START_TEST(what_is_too_large_or_unknown_is_refused)
{
    start();
    path_seen[0] = '\0';
    ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nConnection: close\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(buf_text(&heard), " 413 "));
    ask("DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ck_assert_ptr_null(strstr(buf_text(&heard), " 200 "));
    ck_assert_str_eq(path_seen, "");
    stop();
}
END_TEST

START_TEST(a_late_answer_finds_a_client_gone_or_a_server_closed)
{
    start();
    keep = true;
    struct bufferevent *peer = say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (kept == NULL)
        event_base_loop(base, EVLOOP_ONCE);
    bufferevent_free(peer);
    for (unsigned i = 0; i < 5; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    http_answer(kept, 200, "text/plain", SLICE("late"));
    kept = NULL;
    peer = say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (kept == NULL)
        event_base_loop(base, EVLOOP_ONCE);
    http_server_close(&server);
    http_answer_error(kept, 500, "late");
    bufferevent_free(peer);
    stop();
}
END_TEST

UNIT_MAIN(a_request_is_handled, what_is_too_large_or_unknown_is_refused,
          a_late_answer_finds_a_client_gone_or_a_server_closed)
