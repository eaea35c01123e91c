/*
 * Reads one HTTP/1.1 request (RFC 9112) from bytes as they come: request line, header, and a body
 * by Content-Length or in chunks. No I/O. A request is read whole before it is looked at; sizes are
 * limited, and what is over a limit or breaks the grammar is refused with a status.
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum {
    HTTP_HEAD_BYTES_MAX = 16 * 1024,
    HTTP_BODY_BYTES_MAX = 16 * 1024 * 1024,
};

enum http_step {
    HTTP_STEP_MORE, /* feed on */
    HTTP_STEP_DONE, /* the request is complete; further bytes are not taken */
    HTTP_STEP_BAD,  /* answer with the status of the reader, and close */
};

/* All borrowed from the reader; what is not there is empty. */
struct http_request {
    struct slice method; /* "GET" */
    struct slice target; /* "/.well-known/mta-sts.txt?x" */
    struct slice path;   /* without the query */
    struct slice host;
    struct slice content_type;
    struct slice content_encoding;
    struct slice user_agent;
    struct slice fields; /* of the header, a line each */
    struct slice body;
    bool expects_continue; /* the client waits for 100 before it sends the body */
};

struct http_reader {
    struct buf head; /* as received, up to the empty line */
    struct buf body;
    struct buf line;  /* of a chunk's size or the trailer, so far */
    int phase;        /* enum http_phase */
    uint64_t missing; /* of the body or the chunk */
    int status;       /* why it is bad: 400, 413, 431, 501, 505 */
    struct http_request request;
};

void http_reader_init(struct http_reader *reader);
void http_reader_deinit(struct http_reader *reader);

/* Takes the bytes. Once it has said DONE or BAD it says so for ever. */
enum http_step http_reader_feed(struct http_reader *reader, struct slice bytes);

/* The value of a header field, empty if it is not there; of several the first. */
struct slice http_request_field(const struct http_request *request, const char *name);

/* True once the header is there: the request but for its body. */
bool http_reader_has_head(const struct http_reader *reader);
