/*
 * The server side of all simulated hosts: a few listeners take the connections to every address of
 * the world; the address that was dialled (getsockname) says which host answers. One event loop,
 * one thread. A connection to an address that no host has, or to a host that does not listen, is
 * reset at once and logged (`refused`).
 *
 * The process must not die of SIGPIPE: mx_server_open() ignores it. It also raises the soft limit
 * of open files to the hard one; when even that is used up, connections are reset.
 */
#pragma once

#include <event2/event.h>

#include "sim/event/event_log.h"
#include "sim/mx/mx_model.h"
#include "sim/mx/mx_session.h"

struct mx_server;

/* A campaign of a million is not worth a million files. */
enum { MX_STORED_MAX = 20000 };

struct mx_listener {
    const char *address; /* "0.0.0.0", "::", "127.0.0.1" */
    uint16_t port;       /* 0: any, see mx_server_port() */
    uint16_t as_port;    /* the port that it stands for; 465 speaks TLS first */
};

/* The PTR name of a client, or NULL; valid until the next call. */
typedef const char *mx_client_name(void *context, const struct address *client);

struct mx_server_options {
    const struct mx_listener *listeners; /* NULL: 24, 25, 465 and 587 on all addresses */
    size_t listener_count;
    const char *host; /* this host answers, whatever address was dialled; NULL outside of tests */
    int64_t start_us; /* of the run */
    struct tls_authority *authority; /* NULL: handshakes fail */
    mx_client_name *client_name;     /* may be NULL */
    void *client_name_context;
    struct mx_verifier *verifier; /* NULL: no host looks at SPF, DKIM and the like */
    const char *store_folder;     /* accepted messages go to FOLDER/HOST/N.eml, of a host the first
                                   * MX_STORED_MAX; NULL: nowhere */
    mx_received *received;        /* is told of each accepted message; may be NULL */
    void *received_context;
    const struct mx_limits *limits; /* NULL: the defaults */
};

/* NULL with `err` if an address cannot be bound. What the options point to must live as long as the
 * server; `log` may be NULL. */
struct mx_server *mx_server_open(struct event_base *base, struct mx_model *model,
                                 struct event_log *log, const struct mx_server_options *options,
                                 struct err *err) MUST_CHECK;
/* Ends all connections (their disconnect is by "end"). */
void mx_server_close(struct mx_server **server);

/* The port that the i-th listener has got. */
uint16_t mx_server_port(const struct mx_server *server, size_t i);
/* The listening sockets, which stay the server's; returns how many. */
size_t mx_server_listeners(const struct mx_server *server, int *fds, size_t max);
size_t mx_server_connection_count(const struct mx_server *server);
/* True once a message could not be stored; *err says why. The run is then not whole. */
bool mx_server_failed(const struct mx_server *server, struct err *err);

/* Resets all connections: what lay between them and their clients has forgotten them. */
void mx_server_cut(struct mx_server *server);

/* The host refuses connections from now on, or takes them again; -1 if there is no such host. Open
 * connections go on. */
int mx_server_set_down(struct mx_server *server, const char *host, bool down) MUST_CHECK;
