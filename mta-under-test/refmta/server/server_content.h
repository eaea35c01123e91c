/*
 * The content of a message as it comes behind DATA (RFC 5321 4.1.1.4, 4.5.2): it ends at
 * CRLF "." CRLF and nowhere else; a leading dot is taken off; a CR or LF that stands alone makes
 * the message bad, but never ends it (no smuggling). No I/O.
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum server_content_fault {
    SERVER_CONTENT_GOOD,
    SERVER_CONTENT_BARE_CR,
    SERVER_CONTENT_BARE_LF,
    SERVER_CONTENT_TOO_LARGE,
};

struct server_content {
    struct buf *out; /* gets the content; its limit is the size limit */
    enum server_content_fault fault;
    bool at_line_start;
    bool in_headers;
    bool has_8bit;
    bool has_date;
    bool has_message_id;
    unsigned received_count;
};

/* `out` may already hold fields that go on top. */
void server_content_init(struct server_content *content, struct buf *out);

/* Takes bytes off the front of `in`; true when the end of the message was among them. What is left
 * in `in` then are the next commands; otherwise the begin of a line that is not yet whole. */
bool server_content_feed(struct server_content *content, struct buf *in) MUST_CHECK;
