#include "sim/dns/dns_tcp.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

enum {
    DNS_TCP_BACKLOG = 4096,
    DNS_TCP_INPUT_MAX = 2 + DNS_MESSAGE_BYTES_MAX,
    DNS_TCP_OUTPUT_MAX = 256 * 1024, /* unread answers, before no more queries are taken */
    DNS_TCP_PAUSE_US = 100000,       /* after accept() failed */
};

struct dns_tcp {
    struct dns_service *service;
    struct evconnlistener *listener;
    struct event *resume;
    struct dns_tcp_limits limits;
    struct list connections; /* the one idle longest first */
    size_t count;
};

struct dns_connection {
    struct list link;
    struct dns_tcp *tcp;
    struct bufferevent *stream;
    struct event *idle;
    struct dns_peer peer;
    bool ended; /* the client has closed its side */
};

static struct timeval dns_timeval(int64_t us)
{
    return (struct timeval){.tv_sec = us / TIME_SECOND, .tv_usec = us % TIME_SECOND};
}

/* ---- one connection */

static void dns_connection_close(struct dns_connection *connection, bool reset)
{
    struct dns_tcp *tcp = connection->tcp;
    dns_service_forget(tcp->service, connection);
    list_remove(&connection->link);
    tcp->count--;
    if (reset) {
        const struct linger now = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(bufferevent_getfd(connection->stream), SOL_SOCKET, SO_LINGER, &now,
                         sizeof now);
    }
    bufferevent_free(connection->stream);
    event_free(connection->idle);
    free(connection);
}

/* Something went on: it is the one idle shortest now. */
static void dns_connection_touch(struct dns_connection *connection)
{
    struct dns_tcp *tcp = connection->tcp;
    const struct timeval idle = dns_timeval(tcp->limits.idle_us);
    list_remove(&connection->link);
    list_push_back(&tcp->connections, &connection->link);
    evtimer_add(connection->idle, &idle);
}

static void dns_connection_idle(evutil_socket_t fd, short what, void *context)
{
    struct dns_connection *connection = context;
    (void)fd;
    (void)what;
    /* Waiting for a delayed answer is not the client's fault. */
    if (dns_service_waits(connection->tcp->service, connection))
        dns_connection_touch(connection);
    else
        dns_connection_close(connection, false);
}

static void dns_connection_send(void *context, const struct dns_peer *peer, struct slice reply)
{
    struct dns_connection *connection = context;
    const unsigned char len[] = {(unsigned char)(reply.len >> 8), (unsigned char)reply.len};
    (void)peer;
    struct evbuffer *out = bufferevent_get_output(connection->stream);
    evbuffer_add(out, len, sizeof len);
    evbuffer_add(out, reply.data, reply.len);
}

/* False if the connection is gone. */
static bool dns_connection_query(struct dns_connection *connection, struct slice query)
{
    struct dns_service *service = connection->tcp->service;
    struct dns_outcome outcome;
    dns_service_answer(service, query, true, &connection->peer, &outcome);
    if (outcome.action == DNS_ACTION_RESET) {
        dns_connection_close(connection, true);
        return false;
    }
    if (outcome.action == DNS_ACTION_REPLY && outcome.delay_us > 0)
        dns_service_delay(service, &outcome, &connection->peer, dns_connection_send, connection);
    else if (outcome.action == DNS_ACTION_REPLY)
        dns_connection_send(connection, NULL, outcome.reply);
    return true;
}

/* The next whole message, without its length; false if there is none yet. */
static bool dns_connection_next(struct evbuffer *in, struct slice *message)
{
    unsigned char head[2];
    if (evbuffer_copyout(in, head, sizeof head) != (ev_ssize_t)sizeof head)
        return false;
    size_t len = (size_t)head[0] << 8 | head[1];
    if (evbuffer_get_length(in) < sizeof head + len)
        return false;
    const unsigned char *bytes = evbuffer_pullup(in, (ev_ssize_t)(sizeof head + len));
    *message = slice_from((const char *)bytes + sizeof head, len);
    return true;
}

/* Takes queries as long as whole ones are there and the client reads the answers. False if the
 * connection is gone. */
static bool dns_connection_take(struct dns_connection *connection)
{
    struct bufferevent *stream = connection->stream;
    struct evbuffer *in = bufferevent_get_input(stream);
    const struct evbuffer *out = bufferevent_get_output(stream);
    struct slice message;
    while (evbuffer_get_length(out) < DNS_TCP_OUTPUT_MAX && dns_connection_next(in, &message)) {
        /* No message is shorter than a header: this client speaks something else. */
        if (message.len < DNS_HEADER_BYTES) {
            dns_connection_close(connection, false);
            return false;
        }
        dns_connection_touch(connection);
        if (!dns_connection_query(connection, message))
            return false;
        evbuffer_drain(in, 2 + message.len);
    }
    /* Input that is full and not taken would be offered again and again without rest. */
    if (evbuffer_get_length(out) >= DNS_TCP_OUTPUT_MAX)
        bufferevent_disable(stream, EV_READ);
    return true;
}

static void dns_connection_read(struct bufferevent *stream, void *context)
{
    (void)stream;
    (void)dns_connection_take(context);
}

/* A client that has closed its side goes when it has got all that it asked for. */
static bool dns_connection_is_over(const struct dns_connection *connection)
{
    return connection->ended &&
           evbuffer_get_length(bufferevent_get_output(connection->stream)) == 0 &&
           !dns_service_waits(connection->tcp->service, connection);
}

/* All answers were read: go on with queries that had to wait. */
static void dns_connection_written(struct bufferevent *stream, void *context)
{
    struct dns_connection *connection = context;
    dns_connection_touch(connection);
    if (!connection->ended)
        bufferevent_enable(stream, EV_READ);
    if (dns_connection_take(connection) && dns_connection_is_over(connection))
        dns_connection_close(connection, false);
}

static void dns_connection_event(struct bufferevent *stream, short what, void *context)
{
    struct dns_connection *connection = context;
    connection->ended = true;
    bufferevent_disable(stream, EV_READ);
    if ((what & BEV_EVENT_EOF) == 0 || dns_connection_is_over(connection))
        dns_connection_close(connection, false);
}

/* ---- the listener */

static void dns_tcp_accept(struct evconnlistener *listener, evutil_socket_t fd,
                           struct sockaddr *from, int len, void *context)
{
    struct dns_tcp *tcp = context;
    struct sockaddr_storage asked;
    socklen_t asked_len = sizeof asked;
    uint16_t server_port;
    const int on = 1;
    (void)listener;
    (void)len;
    if (getsockname(fd, (struct sockaddr *)&asked, &asked_len) != 0) {
        close(fd);
        return;
    }
    if (tcp->count >= tcp->limits.connections_max)
        dns_connection_close(LIST_ENTRY(tcp->connections.next, struct dns_connection, link), false);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct dns_connection *connection = mem_alloc(sizeof *connection);
    connection->tcp = tcp;
    address_from_socket(from, &connection->peer.client, &connection->peer.port);
    address_from_socket((const struct sockaddr *)&asked, &connection->peer.server, &server_port);
    connection->stream = bufferevent_socket_new(tcp->service->base, fd, BEV_OPT_CLOSE_ON_FREE);
    connection->idle = evtimer_new(tcp->service->base, dns_connection_idle, connection);
    if (connection->stream == NULL || connection->idle == NULL)
        abort();
    list_init(&connection->link);
    tcp->count++;
    dns_connection_touch(connection);
    bufferevent_setcb(connection->stream, dns_connection_read, dns_connection_written,
                      dns_connection_event, connection);
    bufferevent_setwatermark(connection->stream, EV_READ, 0, DNS_TCP_INPUT_MAX);
    bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
}

/* No more descriptors, most likely: gives one back, and takes no new ones for a moment. */
static void dns_tcp_accept_failed(struct evconnlistener *listener, void *context)
{
    struct dns_tcp *tcp = context;
    const struct timeval pause = dns_timeval(DNS_TCP_PAUSE_US);
    if (tcp->count > 0)
        dns_connection_close(LIST_ENTRY(tcp->connections.next, struct dns_connection, link), false);
    evconnlistener_disable(listener);
    evtimer_add(tcp->resume, &pause);
}

static void dns_tcp_resume(evutil_socket_t fd, short what, void *context)
{
    const struct dns_tcp *tcp = context;
    (void)fd;
    (void)what;
    evconnlistener_enable(tcp->listener);
}

struct dns_tcp *dns_tcp_open(struct dns_service *service, int fd,
                             const struct dns_tcp_limits *limits, struct err *err)
{
    struct dns_tcp *tcp = mem_alloc(sizeof *tcp);
    tcp->service = service;
    tcp->limits = *limits;
    list_init(&tcp->connections);
    tcp->resume = evtimer_new(service->base, dns_tcp_resume, tcp);
    tcp->listener = evconnlistener_new(service->base, dns_tcp_accept, tcp, LEV_OPT_CLOSE_ON_FREE,
                                       DNS_TCP_BACKLOG, fd);
    if (tcp->listener == NULL || tcp->resume == NULL) {
        err_set_errno(err, "DNS over TCP");
        if (tcp->listener == NULL)
            close(fd);
        dns_tcp_close(&tcp);
        return NULL;
    }
    evconnlistener_set_error_cb(tcp->listener, dns_tcp_accept_failed);
    return tcp;
}

void dns_tcp_close(struct dns_tcp **tcp)
{
    if (*tcp == NULL)
        return;
    LIST_EACH(link, &(*tcp)->connections)
    {
        dns_connection_close(LIST_ENTRY(link, struct dns_connection, link), false);
    }
    if ((*tcp)->listener != NULL)
        evconnlistener_free((*tcp)->listener);
    if ((*tcp)->resume != NULL)
        event_free((*tcp)->resume);
    free(*tcp);
    *tcp = NULL;
}
