/*
 * The limits on clients that the configuration sets ("limits"). Each has a name there, and the log
 * says that name when a client hits it ("limit" of the event "refused").
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

struct config_limits {
    unsigned connections;            /* at one time; 421 4.3.2 */
    unsigned connections_per_client; /* 421 4.7.0; clients of relay-networks are exempt */
    unsigned recipients;             /* of a message; 452 4.5.3 */
    unsigned errors;                 /* replies from 400 on in a session; 421 4.7.0 */
    unsigned idle_commands;          /* NOOP, RSET, VRFY ... between two messages; 421 4.7.0 */
    unsigned transactions;           /* of a session; 421 4.7.0 */
    unsigned text_line_bytes;        /* of a line of a message; 554 5.6.0 */
    unsigned received;               /* Received fields of a message: a loop; 554 5.4.6 */
    unsigned login_failures;         /* of a session; 421 4.7.0 */
    unsigned login_failures_client;  /* of a client; 454 4.7.0 */
    int64_t login_delay_us;          /* of the answer to the first failure of a client */
    int64_t command_time_us;         /* silence; 421 4.4.2 */
    int64_t content_silence_us;      /* between two blocks of content; 421 4.4.2 */
    int64_t content_time_us;         /* of the whole content of a message; 421 4.4.2 */
    int64_t greeting_pause_us;       /* who speaks before the greeting hears 554 5.5.1 */
};

/* Becomes a struct config_limits. */
extern const struct config_object CONFIG_LIMITS;
