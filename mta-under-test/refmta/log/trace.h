/*
 * Every byte of chosen sessions in the log, for as long as an operator wants to look: those of one
 * client, and those to one destination. Nothing is traced when nobody asked. Logins are never
 * shown.
 */
#pragma once

#include "mta-under-test/refmta/log/log.h"

enum { TRACE_NAME_BYTES = 256 };

/* All zero: nothing is traced. */
struct trace {
    char client[TRACE_NAME_BYTES];      /* an address, or "all"; "" for none */
    char destination[TRACE_NAME_BYTES]; /* its name, or "all"; "" for none */
    int64_t until_us;                   /* then it ends by itself */
};

/* Reads "client=192.0.2.1 destination=x.test for=10m" (each may be missing; an hour without "for"),
 * or "off". -1 with a text. */
int trace_from_text(struct slice text, struct trace *trace, struct err *err) MUST_CHECK;

/* Whether a session that begins now is to be traced. A NULL trace wants nothing. */
bool trace_wants_client(const struct trace *trace, const char *client);
bool trace_wants_destination(const struct trace *trace, const char *destination);

/* What one traced piece of a conversation is about. */
struct trace_piece {
    const char *kind; /* "session" or "connection", the name of the number's field */
    uint64_t number;
    bool is_sent;
    bool is_secret; /* a login: only its length is told */
    struct slice bytes;
};
void trace_write(struct log *log, const struct trace_piece *piece);
