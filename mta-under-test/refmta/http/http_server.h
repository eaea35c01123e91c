/*
 * A small HTTP/1.1 server on the loop (libevent's evhttp), in clear or in TLS: whole requests in,
 * whole answers out, with limits on their size and their time. Handlers answer at
 * once, or keep the call and answer later.
 */
#pragma once

#include <event2/event.h>
#include <openssl/ssl.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"
#include "mta-under-test/refmta/net/ip.h"

struct http_server;
struct http_call;

/* Valid until the answer. */
struct http_request {
    const char *method; /* "GET", "POST" or "HEAD" */
    const char *path;   /* decoded, without the query */
    const char *token;  /* of "Authorization: Bearer ..."; NULL if none was given */
    struct slice body;
    const char *client; /* its address */
};

struct http_server_options {
    struct event_base *base;
    struct ip_endpoint endpoint;
    SSL_CTX *tls; /* NULL: clear text. Kept by the server */
    size_t body_bytes_max;
    /* Must lead to one http_answer(), now or later. */
    void (*handle)(void *arg, struct http_call *call, const struct http_request *request);
    void *arg;
};

/* Binds the port; NULL with a text. */
struct http_server *http_server_open(const struct http_server_options *options,
                                     struct err *err) MUST_CHECK;
/* Calls that have no answer yet end without one; their http_answer() does nothing any more. */
void http_server_close(struct http_server **server);
/* The port that it listens on: for port 0 the one that the system chose. */
uint16_t http_server_port(const struct http_server *server);

/* Answers and releases the call. */
void http_answer(struct http_call *call, int status, const char *content_type, struct slice body);
/* {"error": "..."} */
void http_answer_error(struct http_call *call, int status, const char *format, ...)
    PRINTF_LIKE(3, 4);
