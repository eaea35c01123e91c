#include "sim/policy/http_server.h"

#include <event2/listener.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "sim/policy/http_connection.h"

#include "mta-under-test/base/poison.h"

enum { HTTP_CONNECTIONS_DEFAULT = 1000, HTTP_BACKLOG = 1024, HTTP_FAMILIES = 2 };

static const int64_t HTTP_IDLE_DEFAULT_US = 120 * TIME_SECOND;

struct http_server {
    struct http_home home;
    struct http_handler handler;
    size_t connections_max;
    struct evconnlistener *listeners[HTTP_FAMILIES];
    size_t listener_count;
    uint16_t port;
};

static void http_server_on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                                  struct sockaddr *from, int len, void *context)
{
    struct http_server *server = context;
    struct sockaddr_storage local;
    socklen_t local_len = sizeof local;
    struct http_peer peer;
    uint16_t port;
    int on = 1;
    (void)listener;
    (void)len;
    if (server->home.count >= server->connections_max ||
        getsockname(fd, (struct sockaddr *)&local, &local_len) != 0) {
        close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    address_from_socket(from, &peer.client, &port);
    address_from_socket((const struct sockaddr *)&local, &peer.server, &port);
    http_connection_start(&server->home, fd, &peer);
}

static int http_server_bind(const char *text, uint16_t port, struct err *err)
{
    struct address address;
    struct sockaddr_storage local;
    int on = 1;
    if (address_from_text(slice_of(text), &address) != 0)
        return err_set(err, "\"%s\" is no address to listen on", text);
    socklen_t len = address_to_socket(&address, port, &local);
    int fd = socket(local.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set_errno(err, "cannot make a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (local.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&local, len) != 0) {
        err_set_errno(err, "cannot listen on %s port %u", text, (unsigned)port);
        close(fd);
        return -1;
    }
    return fd;
}

static int http_server_listen(struct http_server *server, const char *address, uint16_t port,
                              struct err *err)
{
    struct sockaddr_storage local;
    socklen_t len = sizeof local;
    struct address ignored;
    if (address == NULL)
        return 0;
    int fd = http_server_bind(address, port, err);
    if (fd < 0)
        return -1;
    struct evconnlistener *listener =
        evconnlistener_new(server->home.base, http_server_on_accept, server,
                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, HTTP_BACKLOG, fd);
    if (listener == NULL) {
        err_set_errno(err, "cannot listen on %s port %u", address, (unsigned)port);
        close(fd);
        return -1;
    }
    server->listeners[server->listener_count++] = listener;
    if (getsockname(fd, (struct sockaddr *)&local, &len) == 0)
        address_from_socket((const struct sockaddr *)&local, &ignored, &server->port);
    return 0;
}

struct http_server *http_server_open(struct event_base *base, const struct http_handler *handler,
                                     const struct http_server_options *options, struct err *err)
{
    struct http_server *server = mem_alloc(sizeof *server);
    server->handler = *handler;
    server->connections_max =
        options->connections_max > 0 ? options->connections_max : HTTP_CONNECTIONS_DEFAULT;
    server->home = (struct http_home){
        .base = base,
        .handler = &server->handler,
        .idle_us = options->idle_us > 0 ? options->idle_us : HTTP_IDLE_DEFAULT_US,
    };
    list_init(&server->home.connections);
    if (http_server_listen(server, options->ipv4, options->port, err) != 0 ||
        http_server_listen(server, options->ipv6, options->port, err) != 0)
        http_server_close(&server);
    return server;
}

void http_server_close(struct http_server **server_at)
{
    struct http_server *server = *server_at;
    if (server == NULL)
        return;
    *server_at = NULL;
    for (size_t i = 0; i < server->listener_count; i++)
        evconnlistener_free(server->listeners[i]);
    http_connection_end_all(&server->home);
    free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}
