/*
 * One HTTPS connection: TLS, a request, an answer. Frees itself when it ends. Private to the
 * server.
 */
#pragma once

#include "mta-under-test/base/list.h"
#include "sim/policy/http_server.h"

/* What the connections of a server share. */
struct http_home {
    struct event_base *base;
    const struct http_handler *handler;
    struct list connections;
    size_t count;
    int64_t idle_us;
};

/* Takes over `fd` (non-blocking). */
void http_connection_start(struct http_home *home, int fd, const struct http_peer *peer);
void http_connection_end_all(struct http_home *home);
