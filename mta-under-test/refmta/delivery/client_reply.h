/*
 * Replies of an SMTP server (RFC 5321 4.2), put together from their lines. No I/O. Lenient where a
 * real server may be careless (LF without CR, no text), strict on what would be ambiguous (other
 * digits on a later line).
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum {
    CLIENT_REPLY_LINE_BYTES_MAX = 4096,
    CLIENT_REPLY_BYTES_MAX = 32768,
    CLIENT_REPLY_LINES_MAX = 200
};

struct client_reply {
    int code;         /* 200 to 599 */
    char status[12];  /* enhanced status code (RFC 3463), "" if there is none that fits the code */
    struct buf lines; /* the text of each line, without code, each ended by LF */
    unsigned line_count;
    bool whole;
};

void client_reply_init(struct client_reply *reply);
void client_reply_deinit(struct client_reply *reply);

/* Takes lines off `in`. 1: the reply is whole; 0: more is needed; -1: this is no reply. A whole
 * reply is forgotten at the next call. */
int client_reply_feed(struct client_reply *reply, struct buf *in) MUST_CHECK;

/* "550 5.1.1 first line / second line": code and all lines, on one line, for reports and logs. */
void client_reply_text(const struct client_reply *reply, struct buf *out);
