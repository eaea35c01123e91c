/*
 * The content of a message as it comes behind DATA (RFC 5321 4.1.1.4, 4.5.2): it ends at
 * CRLF "." CRLF and nowhere else; a leading dot is taken off; a CR or LF that stands alone makes
 * the message bad or becomes CR LF, but never ends it (no smuggling). Or as it comes in chunks of
 * BDAT (RFC 3030), whose length was told: nothing in it is looked at but what it is. No I/O.
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum server_content_fault {
    SERVER_CONTENT_GOOD,
    SERVER_CONTENT_BARE_CR,
    SERVER_CONTENT_BARE_LF,
    SERVER_CONTENT_LONG_LINE,
    SERVER_CONTENT_TOO_LARGE,
};

struct server_content {
    struct buf *out;      /* gets the content */
    size_t out_bytes_max; /* of it, with what it has already; 0: its own limit */
    enum server_content_fault fault;
    size_t line_bytes_max; /* of a line without its end; 0: no limit */
    bool normalises;       /* a CR or LF alone becomes CR LF */
    bool is_binary;        /* BINARYMIME: any byte may stand anywhere */
    bool at_line_start;
    bool after_cr; /* of a chunk */
    size_t line_bytes;
    bool is_text; /* of binary content: it is made of lines all the same */
    bool has_8bit;
    bool tls_optional; /* TLS-Required: No (RFC 8689 3) */
    unsigned received_count;
};

/* `out` may already hold fields that go on top. */
void server_content_init(struct server_content *content, struct buf *out);

/* Takes bytes off the front of `in`; true when the end of the message was among them. What is left
 * in `in` then are the next commands; otherwise the begin of a line that is not yet whole. */
bool server_content_feed(struct server_content *content, struct buf *in) MUST_CHECK;

/* Takes bytes of a chunk. */
void server_content_add_chunk(struct server_content *content, struct slice bytes);

/* When the content is whole: looks at its header section, which begins at `from` in `out`. */
void server_content_end(struct server_content *content, size_t from);
