/*
 * Limits that a rule puts on the rest of a connection: a receiver that does not trust a client lets
 * it in, but only so far. The session keeps them by itself, with the usual codes.
 */
#pragma once

#include "sim/value/spec.h"

struct mx_limit {
    int64_t messages;   /* in the connection: then 421 4.7.0; 0 = no limit */
    int64_t recipients; /* of a message: then 452 4.5.3 (RFC 5321 4.5.3.1.10) */
    int64_t size_bytes; /* of a message: told as SIZE, then 552 5.3.4 */
    int64_t commands;   /* in the connection: then 421 4.7.0 */
};

/* {"messages": 10, "recipients": 5, "size": "1MB", "commands": 100} */
int mx_limit_read(struct spec spec, struct mx_limit *limit, struct err *err) MUST_CHECK;
/* What `more` sets goes over `limit`. */
void mx_limit_put(struct mx_limit *limit, const struct mx_limit *more);
