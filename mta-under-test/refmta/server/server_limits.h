/*
 * All limits on what a client may do, in one place, each with its reply.
 */
#pragma once

#include "mta-under-test/refmta/auth/auth_guard.h"
#include "mta-under-test/refmta/config/config.h"

struct server_limits {
    uint64_t message_bytes_max;    /* 552 5.3.4 */
    unsigned command_bytes_max;    /* a line with its CRLF; 500 5.5.2 */
    unsigned auth_bytes_max;       /* an answer in AUTH (RFC 4954 4.); 500 5.5.2 */
    unsigned auth_failures_max;    /* failed logins of a session; 421 4.7.0 */
    struct auth_guard_limits auth; /* of a client; 454 4.7.0 */
    unsigned recipients_max;       /* 452 4.5.3 */
    unsigned errors_max;           /* of a session; 421 4.7.0 */
    unsigned received_max;         /* Received fields: a loop; 554 5.4.6 */
    unsigned transactions_max;     /* of a session; 421 4.7.0 */
    unsigned idle_commands_max;    /* between two messages; 421 4.7.0 */
    unsigned connections_max;      /* 421 4.3.2 */
    unsigned client_max;           /* connections of one client; 421 4.7.0 */
    int64_t command_timeout_us;    /* RFC 5321 4.5.3.2.7 */
    int64_t data_timeout_us;       /* between two blocks of content */
    int64_t content_time_us;       /* of the whole content of a message; 421 4.4.2 */
    int64_t greeting_pause_us;     /* 0: none */
};

/* Those that the configuration sets. */
void server_limits_set(struct server_limits *limits, const struct config *config);

/* The defaults; message_bytes_max is from the configuration. */
extern const struct server_limits SERVER_LIMITS_DEFAULT;
