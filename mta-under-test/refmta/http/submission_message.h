/*
 * A message that a program hands in as JSON: {"from", "to": [...], "subject", "text"}, or with
 * "raw" a whole message instead of subject and text. Pure: JSON in, envelope and content out.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/refmta/message/envelope.h"

/* What is put into the fields that the program does not give. */
struct submission_facts {
    const char *hostname;
    const char *user; /* whose token it was */
    const char *id;   /* the queue id */
    const char *client;
    int64_t now_us;
};

/* Fills the envelope and adds the content, with CRLF, a Received field on top; `trace_bytes` says
 * how long that is. -1 with all mistakes, a line each, by their JSON path. */
int submission_message_read(struct slice json, const struct submission_facts *facts,
                            struct envelope *envelope, struct buf *content, size_t *trace_bytes,
                            struct err *err) MUST_CHECK;
