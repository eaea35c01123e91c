/*
 * One client: a connection, its session, and the message that is being stored for it. For the
 * server's own files.
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "mta-under-test/refmta/server/server.h"

struct server_listener {
    struct list link;
    struct server *server;
    const struct config_listener *config; /* of the server's configuration */
    int fd;
    struct event *event;
};

struct server {
    struct server_options options;
    struct list listeners; /* in the order of the configuration */
    struct list connections;
    size_t connection_count;
    uint64_t last_number;
    struct map clients; /* how many connections each client has */
    struct auth_guard guard;
    struct policy_memory memory;
    bool stopping;
};

/* Takes over the socket. */
void server_connection_open(struct server_listener *listener, int fd);
/* Ends all that do nothing at the moment; the others when their command is done. */
void server_connections_stop(struct server *server);
void server_connections_close(struct server *server);
