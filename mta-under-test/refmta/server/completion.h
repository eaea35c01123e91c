/*
 * What a submission server does to the header of a message (RFC 6409 8): Date and Message-ID where
 * they are missing or are none, and Sender. Pure.
 */
#pragma once

#include "mta-under-test/base/buf.h"

/* The most that is added. */
enum { COMPLETION_BYTES_MAX = 2048 };

struct completion_facts {
    const char *hostname;
    const char *id;   /* the queue id, for a Message-ID */
    const char *user; /* who has logged in: stands in Sender, if it is a mail address and not the
                         one in From; NULL: Sender stays as it is */
    int64_t now_us;
};

/* Writes the message with all that in its header. */
void completion_write(const struct completion_facts *facts, struct slice content, struct buf *out);
