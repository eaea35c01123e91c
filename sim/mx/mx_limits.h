/*
 * Every bound of the simulated receiver in one place. They protect the simulator from a hostile
 * client; what a receiver in the wild would allow is a matter of the host's settings and rules.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct mx_limits {
    size_t line_bytes_max;    /* a command line; a longer one is refused (500) */
    size_t endless_bytes_max; /* without any end of line: the connection is closed */
    size_t output_bytes_max;  /* replies that a client does not read: it is not read from */
    size_t content_bytes_max; /* of one message, whatever SIZE the host offers */
    size_t content_total_max; /* of all messages that are being received */
    size_t recipients_max;    /* of one transaction */
    size_t bad_commands_max;  /* then 421 and the end */
    size_t connections_max;   /* open at once; more are reset */
    size_t records_max;       /* of one state: triplets, counters; the oldest gives way */
    size_t body_step_bytes;   /* the stage data-body is asked once in so many bytes */
    int64_t idle_us;          /* without a byte from the client: 421 and the end */
    int64_t handshake_us;     /* for a TLS handshake */
};

extern const struct mx_limits MX_LIMITS_DEFAULT;
