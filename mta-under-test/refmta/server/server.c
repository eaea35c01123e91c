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

static void listener_close(struct server_listener *listener)
{
    list_remove(&listener->link);
    if (listener->event != NULL)
        event_free(listener->event);
    if (listener->fd >= 0)
        close(listener->fd);
    free(listener);
}

static void close_listeners(struct list *listeners)
{
    LIST_EACH(link, listeners)
    listener_close(LIST_ENTRY(link, struct server_listener, link));
}

static int listener_listen(struct server_listener *listener, struct err *err)
{
    char text[IP_TEXT_BYTES];
    struct sockaddr_storage address;
    const struct ip_endpoint *endpoint = &listener->config->endpoint;
    socklen_t len = ip_to_sockaddr(endpoint, &address);
    int one = 1;
    ip_address_to_text(&endpoint->address, text);
    listener->fd = socket(endpoint->address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0)
        return err_set_errno(err, "cannot make a socket for %s", text);
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (endpoint->address.family == AF_INET6)
        setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(listener->fd, (struct sockaddr *)&address, len) != 0 ||
        listen(listener->fd, BACKLOG) != 0)
        return err_set_errno(err, "cannot listen on %s port %u", text, endpoint->port);
    listener->event = event_new(listener->server->options.base, listener->fd, EV_READ | EV_PERSIST,
                                on_acceptable, listener);
    event_add(listener->event, NULL);
    return 0;
}

static int listener_open(struct server *server, const struct config_listener *config,
                         struct list *listeners, struct err *err)
{
    struct server_listener *listener = mem_alloc(sizeof *listener);
    listener->server = server;
    listener->config = config;
    list_push_back(listeners, &listener->link);
    return listener_listen(listener, err);
}

struct server *server_open(const struct server_options *options, struct err *err)
{
    struct server *server = mem_alloc(sizeof *server);
    server->options = *options;
    list_init(&server->connections);
    list_init(&server->listeners);
    auth_guard_init(&server->guard, &options->limits->auth);
    policy_memory_init(&server->memory);
    for (size_t i = 0; i < options->config->listener_count; i++) {
        if (listener_open(server, &options->config->listeners[i], &server->listeners, err) != 0) {
            server_close(&server);
            return NULL;
        }
    }
    return server;
}

/* The listener at that address, or NULL. */
static struct server_listener *listener_at(struct list *listeners,
                                           const struct ip_endpoint *endpoint)
{
    for (struct list *link = listeners->next; link != listeners; link = link->next) {
        struct server_listener *listener = LIST_ENTRY(link, struct server_listener, link);
        const struct ip_endpoint *own = &listener->config->endpoint;
        if (own->port == endpoint->port && own->address.family == endpoint->address.family &&
            memcmp(own->address.bytes, endpoint->address.bytes, sizeof own->address.bytes) == 0)
            return listener;
    }
    return NULL;
}

int server_change(struct server *server, const struct server_options *options, struct err *err)
{
    const struct config *config = options->config;
    struct list fresh;
    struct list kept;
    list_init(&fresh);
    list_init(&kept);
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct config_listener *one = &config->listeners[i];
        if (listener_at(&server->listeners, &one->endpoint) == NULL &&
            listener_open(server, one, &fresh, err) != 0) {
            close_listeners(&fresh);
            return -1;
        }
    }
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct ip_endpoint *endpoint = &config->listeners[i].endpoint;
        struct server_listener *listener = listener_at(&server->listeners, endpoint);
        if (listener == NULL)
            listener = listener_at(&fresh, endpoint);
        if (listener == NULL)
            continue; /* the same address twice */
        listener->config = &config->listeners[i];
        list_remove(&listener->link);
        list_push_back(&kept, &listener->link);
    }
    close_listeners(&server->listeners);
    for (struct list *link; (link = list_pop_front(&kept)) != NULL;)
        list_push_back(&server->listeners, link);
    server->options = *options;
    server->guard.limits = options->limits->auth;
    return 0;
}

void server_serve(struct server *server, const struct server_options *options)
{
    server->options = *options;
}

void server_stop(struct server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    close_listeners(&server->listeners);
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
    close_listeners(&server->listeners);
    server_connections_close(server);
    auth_guard_deinit(&server->guard);
    policy_memory_deinit(&server->memory);
    map_deinit(&server->clients, NULL);
    free(server);
}

size_t server_session_count(const struct server *server)
{
    return server->connection_count;
}

uint64_t server_session_total(const struct server *server)
{
    return server->last_number;
}

uint16_t server_port(const struct server *server, size_t index)
{
    struct sockaddr_storage address = {0};
    struct ip_endpoint endpoint = {0};
    socklen_t len = sizeof address;
    struct list *link = server->listeners.next;
    for (size_t i = 0; i < index; i++)
        link = link->next;
    if (getsockname(LIST_ENTRY(link, struct server_listener, link)->fd, (struct sockaddr *)&address,
                    &len) == 0)
        ip_from_sockaddr(&address, &endpoint);
    return endpoint.port;
}
