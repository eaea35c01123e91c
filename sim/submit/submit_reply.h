/*
 * Reads SMTP replies (RFC 5321 section 4.2), with the submitter's own grammar. No I/O.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/json_out.h"

enum { SUBMIT_REPLY_BYTES_MAX = 64 * 1024 };

/* The caller's storage. */
struct submit_reply {
    int code;
    char enhanced[16]; /* "4.2.0", "" if there is none */
    struct buf text;   /* the lines' texts, joined by "\n", without code and enhanced status */
};

void submit_reply_init(struct submit_reply *reply);
void submit_reply_deinit(struct submit_reply *reply);

/*
 * Takes one whole reply off the front of `input`. 1 = there it is, *used bytes of the input are
 * done; 0 = more is needed; -1 = this is no reply.
 */
int submit_reply_parse(struct submit_reply *reply, struct slice input, size_t *used);

/* Adds its code, enhanced status and text (the first 1000 bytes) to an event. */
void submit_reply_tell(const struct submit_reply *reply, struct json_out *event);
