/*
 * One TCP connection of a simulated host: bytes between the socket (or TLS on it) and a session,
 * and the fulfilment of the session's needs. Frees itself when it ends.
 */
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h> /* has a LIST_ENTRY of its own: before list.h */

#include "mta-under-test/base/list.h"
#include "sim/mx/mx_session.h"

struct mx_connection;

enum { MX_READ_BYTES = 64 * 1024 };

/* What all connections of a server share. */
struct mx_connection_home {
    struct event_base *base;
    struct list connections;
    size_t count;
    struct tls_authority *authority;
    struct tls_contexts *contexts; /* of all hosts */
    const struct mx_limits *limits;
    char *read_buffer; /* MX_READ_BYTES */
};

/* Takes over `fd` (non-blocking). */
void mx_connection_start(struct mx_connection_home *home, int fd,
                         const struct mx_session_options *options);
/* Resets all that are open. */
void mx_connection_reset_all(struct mx_connection_home *home);
/* Ends all that are open, as the run ends. */
void mx_connection_end_all(struct mx_connection_home *home);
