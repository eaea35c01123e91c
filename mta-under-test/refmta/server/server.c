#include "mta-under-test/refmta/server/server.h"

#include <errno.h>
#include <unistd.h>

#include "mta-under-test/refmta/net/conn.h"
#include "mta-under-test/refmta/server/server_connection.h"

#include "mta-under-test/base/poison.h"

enum { BACKLOG = 4096, ACCEPTS_MAX = 64 };

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct server_listener *listener = arg;
    for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
        int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            server_connection_open(listener, client);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE)
            log_text(listener->server->options.log, "accept-failed", "%s", strerror(errno));
        return;
    }
}

static int listener_open(struct server *server, struct server_listener *listener, struct err *err)
{
    char text[IP_TEXT_BYTES];
    struct sockaddr_storage address;
    const struct ip_endpoint *endpoint = &listener->config->endpoint;
    socklen_t len = ip_to_sockaddr(endpoint, &address);
    int one = 1;
    ip_address_to_text(&endpoint->address, text);
    listener->server = server;
    listener->fd = socket(endpoint->address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0)
        return err_set_errno(err, "cannot make a socket for %s", text);
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (endpoint->address.family == AF_INET6)
        setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(listener->fd, (struct sockaddr *)&address, len) != 0)
        return err_set_errno(err, "cannot listen on %s port %u", text, endpoint->port);
    if (listen(listener->fd, BACKLOG) != 0)
        return err_set_errno(err, "cannot listen on %s port %u", text, endpoint->port);
    listener->event = event_new(server->options.base, listener->fd, EV_READ | EV_PERSIST,
                                on_acceptable, listener);
    event_add(listener->event, NULL);
    return 0;
}

struct server *server_open(const struct server_options *options, struct err *err)
{
    struct server *server = mem_alloc(sizeof *server);
    server->options = *options;
    list_init(&server->connections);
    server->listener_count = options->config->listener_count;
    auth_guard_init(&server->guard, &options->limits->auth);
    server->listeners = mem_alloc_array(server->listener_count, sizeof *server->listeners);
    for (size_t i = 0; i < server->listener_count; i++) {
        server->listeners[i].fd = -1;
        server->listeners[i].config = &options->config->listeners[i];
    }
    for (size_t i = 0; i < server->listener_count; i++) {
        if (listener_open(server, &server->listeners[i], err) != 0) {
            server_close(&server);
            return NULL;
        }
    }
    return server;
}

static void close_listeners(struct server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        if (server->listeners[i].event != NULL)
            event_free(server->listeners[i].event);
        server->listeners[i].event = NULL;
        if (server->listeners[i].fd >= 0)
            close(server->listeners[i].fd);
        server->listeners[i].fd = -1;
    }
}

void server_stop(struct server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    close_listeners(server);
    if (server->connection_count == 0)
        server->options.on_stopped(server->options.arg);
    else
        server_connections_stop(server);
}

void server_close(struct server **where)
{
    struct server *server = *where;
    *where = NULL;
    if (server == NULL)
        return;
    server->stopping = false;
    close_listeners(server);
    server_connections_close(server);
    auth_guard_deinit(&server->guard);
    free(server->listeners);
    free(server);
}

uint16_t server_port(const struct server *server, size_t index)
{
    struct sockaddr_storage address = {0};
    struct ip_endpoint endpoint = {0};
    socklen_t len = sizeof address;
    if (getsockname(server->listeners[index].fd, (struct sockaddr *)&address, &len) == 0)
        ip_from_sockaddr(&address, &endpoint);
    return endpoint.port;
}
