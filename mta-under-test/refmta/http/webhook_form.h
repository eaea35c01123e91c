/*
 * The form of what a webhook gets: an event as JSON, and the signature over a request. Pure.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/refmta/queue/queue_event.h"

/* "accepted", "delivered", "deferred", "bounced", "complained", "unsubscribed". */
const char *webhook_event_name(enum queue_event_kind kind);

/* One object on one line. */
void webhook_event_write(const struct queue_event *event, int64_t now_us, struct buf *out);

/* The value of the field Refmta-Signature: "t=SECONDS,v1=HEX", where HEX is HMAC-SHA256 with the
 * secret over "SECONDS.BODY". So a receiver knows who sent it and that it is not an old one. */
void webhook_sign(struct slice secret, struct slice body, int64_t now_us, struct buf *out);
