/*
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) as a client, with and without channel binding. For
 * client_login.c. User names are said as they are: without SASLprep, and with "=" and "," escaped.
 */
#pragma once

#include "sim/client/client_login.h"

/* client-first-message; -1 if there is no channel to bind to. */
int client_scram_first(struct client_login_course *course, struct buf *message,
                       struct err *err) MUST_CHECK;
/* client-final-message, and then the empty answer to server-final-message; -1 if the server breaks
 * the protocol, or does not know the password itself. */
int client_scram_answer(struct client_login_course *course, struct slice challenge,
                        struct buf *message, struct err *err) MUST_CHECK;
