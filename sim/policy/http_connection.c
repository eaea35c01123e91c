#include "sim/policy/http_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { HTTP_ANSWER_BYTES_MAX = 32 * 1024 * 1024, HTTP_DRIP_STEPS_A_SECOND = 10 };

#define HTTP_STATES(X)                                           \
    X(HELLO)   /* waits for a ClientHello that gets no answer */ \
    X(REQUEST) /* TLS handshake, and the request */              \
    X(DELAY)   /* before the answer */                           \
    X(ANSWER)  /* bytes go out */                                \
    X(HANG)    /* until the client gives up */

#define HTTP_STATE_ENUM(name) HTTP_STATE_##name,
enum http_state { HTTP_STATES(HTTP_STATE_ENUM) };
#undef HTTP_STATE_ENUM

struct http_connection {
    struct list link;
    struct http_home *home;
    struct http_peer peer;
    enum http_state state;
    enum http_opening opening;
    int fd;
    struct event *hello;        /* while there is no TLS */
    struct bufferevent *stream; /* TLS */
    struct event *timer;
    struct http_reader reader;
    bool continued; /* 100 was sent */
    struct buf out; /* what is not sent yet */
    int64_t drip;
    enum http_ending ending;
};

static void http_connection_end(struct http_connection *connection)
{
    list_remove(&connection->link);
    connection->home->count--;
    if (connection->hello != NULL)
        event_free(connection->hello);
    event_free(connection->timer);
    if (connection->stream != NULL)
        bufferevent_free(connection->stream); /* closes */
    else
        close(connection->fd);
    http_reader_deinit(&connection->reader);
    buf_deinit(&connection->out);
    free(connection);
}

static void http_connection_reset(struct http_connection *connection)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    http_connection_end(connection);
}

static void http_connection_fail(struct http_connection *connection, const char *why)
{
    const struct http_handler *handler = connection->home->handler;
    if (connection->state == HTTP_STATE_REQUEST || connection->state == HTTP_STATE_HELLO)
        handler->failed(handler->context, &connection->peer, why);
    http_connection_end(connection);
}

static void http_connection_set_timer(struct http_connection *connection, int64_t wait_us)
{
    const struct timeval wait = {wait_us / TIME_SECOND, wait_us % TIME_SECOND};
    event_add(connection->timer, &wait);
}

/* ---- the answer */

/* All bytes are with the kernel. */
static void http_connection_finish(struct http_connection *connection)
{
    if (connection->ending == HTTP_ENDING_RESET) {
        http_connection_reset(connection);
        return;
    }
    if (connection->ending == HTTP_ENDING_HANG) {
        connection->state = HTTP_STATE_HANG;
        return;
    }
    SSL_shutdown(bufferevent_openssl_get_ssl(connection->stream));
    ERR_clear_error();
    http_connection_end(connection);
}

/* Hands the next bytes to TLS: all, or as many as the drip allows now. */
static void http_connection_send(struct http_connection *connection)
{
    size_t step = connection->out.len;
    connection->state = HTTP_STATE_ANSWER;
    if (connection->drip > 0) {
        size_t slow = connection->drip > HTTP_DRIP_STEPS_A_SECOND
                          ? (size_t)connection->drip / HTTP_DRIP_STEPS_A_SECOND
                          : 1;
        step = slow < step ? slow : step;
    }
    if (step == 0) {
        http_connection_finish(connection);
        return;
    }
    bufferevent_write(connection->stream, connection->out.data, step);
    buf_consume(&connection->out, step);
    if (connection->out.len > 0)
        http_connection_set_timer(connection, (int64_t)step * TIME_SECOND / connection->drip);
}

static void http_connection_answer(struct http_connection *connection, int bad_status)
{
    const struct http_handler *handler = connection->home->handler;
    struct http_answer answer = {.out = &connection->out};
    event_del(connection->timer);
    handler->answer(handler->context, &connection->peer, &connection->reader.request, bad_status,
                    &answer);
    connection->drip = answer.drip;
    connection->ending = answer.ending;
    connection->state = HTTP_STATE_DELAY;
    if (answer.delay_us > 0)
        http_connection_set_timer(connection, answer.delay_us);
    else
        http_connection_send(connection);
}

/* ---- what the stream says */

static void http_connection_on_read(struct bufferevent *stream, void *context)
{
    struct http_connection *connection = context;
    struct evbuffer *input = bufferevent_get_input(stream);
    size_t len = evbuffer_get_length(input);
    struct slice bytes = slice_from((const char *)evbuffer_pullup(input, -1), len);
    if (connection->state != HTTP_STATE_REQUEST) {
        evbuffer_drain(input, len);
        return;
    }
    enum http_step step = http_reader_feed(&connection->reader, bytes);
    evbuffer_drain(input, len);
    if (step == HTTP_STEP_MORE && connection->reader.request.expects_continue &&
        http_reader_has_head(&connection->reader) && !connection->continued) {
        static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
        connection->continued = true;
        bufferevent_write(stream, CONTINUE, sizeof CONTINUE - 1);
    }
    if (step != HTTP_STEP_MORE)
        http_connection_answer(connection, step == HTTP_STEP_BAD ? connection->reader.status : 0);
}

static void http_connection_on_written(struct bufferevent *stream, void *context)
{
    struct http_connection *connection = context;
    (void)stream;
    if (connection->state == HTTP_STATE_ANSWER && connection->out.len == 0)
        http_connection_finish(connection);
}

static void http_connection_on_event(struct bufferevent *stream, short what, void *context)
{
    struct http_connection *connection = context;
    if ((what & BEV_EVENT_CONNECTED) != 0)
        return;
    unsigned long error = bufferevent_get_openssl_error(stream);
    const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;
    http_connection_fail(connection, reason != NULL ? reason : "the client closed the connection");
}

static void http_connection_on_timer(evutil_socket_t fd, short what, void *context)
{
    struct http_connection *connection = context;
    (void)fd;
    (void)what;
    if (connection->state == HTTP_STATE_DELAY || connection->state == HTTP_STATE_ANSWER)
        http_connection_send(connection);
    else
        http_connection_fail(connection, "timeout");
}

/* ---- a ClientHello that is not answered well */

static void http_connection_spoil(struct http_connection *connection)
{
    static const char ALERT[] = "\x15\x03\x03\x00\x02\x02\x28"; /* fatal, handshake_failure */
    static const char GARBAGE[] = "this is no TLS record\r\n";
    if (connection->opening == HTTP_OPENING_TLS_ALERT)
        (void)!send(connection->fd, ALERT, sizeof ALERT - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (connection->opening == HTTP_OPENING_TLS_GARBAGE)
        (void)!send(connection->fd, GARBAGE, sizeof GARBAGE - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    http_connection_fail(connection, "on purpose");
}

static void http_connection_on_hello(evutil_socket_t fd, short what, void *context)
{
    struct http_connection *connection = context;
    char bytes[4096];
    ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    (void)what;
    if (got == 0)
        http_connection_fail(connection, "the client closed the connection");
    else if (got > 0 && connection->opening != HTTP_OPENING_TLS_HANG)
        http_connection_spoil(connection);
}

/* ---- the beginning */

static void http_connection_serve(struct http_connection *connection, SSL_CTX *tls)
{
    SSL *ssl = tls != NULL ? SSL_new(tls) : NULL;
    connection->state = HTTP_STATE_REQUEST;
    if (ssl != NULL)
        connection->stream = bufferevent_openssl_socket_new(
            connection->home->base, connection->fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
            BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (connection->stream == NULL) {
        SSL_free(ssl);
        http_connection_fail(connection, "TLS cannot be set up");
        return;
    }
    bufferevent_openssl_set_allow_dirty_shutdown(connection->stream, 1);
    bufferevent_setcb(connection->stream, http_connection_on_read, http_connection_on_written,
                      http_connection_on_event, connection);
    bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
}

void http_connection_start(struct http_home *home, int fd, const struct http_peer *peer)
{
    struct http_connection *connection = mem_alloc(sizeof *connection);
    const struct http_handler *handler = home->handler;
    SSL_CTX *tls = NULL;
    connection->home = home;
    connection->fd = fd;
    connection->peer = *peer;
    http_reader_init(&connection->reader);
    buf_init(&connection->out, HTTP_ANSWER_BYTES_MAX);
    connection->timer = evtimer_new(home->base, http_connection_on_timer, connection);
    list_push_back(&home->connections, &connection->link);
    home->count++;
    http_connection_set_timer(connection, home->idle_us);
    connection->opening = handler->open(handler->context, &connection->peer, &tls);
    if (connection->opening == HTTP_OPENING_REFUSE) {
        http_connection_reset(connection);
    } else if (connection->opening == HTTP_OPENING_SERVE) {
        http_connection_serve(connection, tls);
    } else {
        connection->state = HTTP_STATE_HELLO;
        connection->hello =
            event_new(home->base, fd, EV_READ | EV_PERSIST, http_connection_on_hello, connection);
        event_add(connection->hello, NULL);
    }
}

void http_connection_end_all(struct http_home *home)
{
    LIST_EACH(link, &home->connections)
    http_connection_end(LIST_ENTRY(link, struct http_connection, link));
}
