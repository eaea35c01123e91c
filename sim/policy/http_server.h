/*
 * HTTPS for the policy hosts of the simulated internet: one listener for each family takes the
 * connections to every address; the address that was dialled says which host answers. Each
 * connection carries one request and is closed after the answer. What to answer, and what goes
 * wrong on the way, is the caller's matter.
 *
 * One event loop, one thread. Connections, their number and the time they may take are limited, so
 * that a client that sends nonsense or nothing costs only itself.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/err.h"
#include "sim/policy/http_request.h"
#include "sim/tls/tls_context.h"
#include "sim/value/address.h"

struct http_server;

/* How a connection goes, as soon as it is there. */
enum http_opening {
    HTTP_OPENING_SERVE,
    HTTP_OPENING_REFUSE,      /* reset at once */
    HTTP_OPENING_TLS_HANG,    /* never answers the ClientHello */
    HTTP_OPENING_TLS_CLOSE,   /* closes at the ClientHello */
    HTTP_OPENING_TLS_ALERT,   /* answers it with a fatal alert */
    HTTP_OPENING_TLS_GARBAGE, /* answers it with bytes that are no TLS */
};

/* How an answer ends. */
enum http_ending {
    HTTP_ENDING_CLOSE, /* properly */
    HTTP_ENDING_RESET, /* by a reset of the connection, once the bytes are sent */
    HTTP_ENDING_HANG,  /* not at all: the client must give up */
};

/* Who talks to whom; borrowed. */
struct http_peer {
    struct address client;
    struct address server; /* that was dialled */
};

/* What to answer; `out` gets the bytes of the whole answer, header and body. */
struct http_answer {
    struct buf *out;
    int64_t delay_us; /* before the first byte */
    int64_t drip;     /* bytes a second; 0 = at once */
    enum http_ending ending;
};

struct http_handler {
    void *context;
    /* A connection is there; *tls gets the context of the host (not needed unless it is served). */
    enum http_opening (*open)(void *context, const struct http_peer *peer, SSL_CTX **tls);
    /* A request was read, whole; or one that is not HTTP: `bad_status` is then not 0. */
    void (*answer)(void *context, const struct http_peer *peer, const struct http_request *request,
                   int bad_status, struct http_answer *answer);
    /* It ended before there was a request, and why: "certificate expired", "timeout". */
    void (*failed)(void *context, const struct http_peer *peer, const char *why);
};

struct http_server_options {
    const char *ipv4;       /* "0.0.0.0"; NULL is none */
    const char *ipv6;       /* "::"; NULL is none */
    uint16_t port;          /* 443; 0 chooses a free one */
    size_t connections_max; /* 0: the default, 1,000 */
    int64_t idle_us;        /* from the first byte to the request; 0: the default, 120 s */
};

/* NULL with what could not be bound in `err`. */
struct http_server *http_server_open(struct event_base *base, const struct http_handler *handler,
                                     const struct http_server_options *options,
                                     struct err *err) MUST_CHECK;
void http_server_close(struct http_server **server);

uint16_t http_server_port(const struct http_server *server);

/* Appends an answer with its header; `type` may be NULL. */
void http_answer_write(struct buf *out, int status, const char *type, struct slice body);
/* "Not Found" */
const char *http_status_text(int status);
