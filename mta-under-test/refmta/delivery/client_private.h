/*
 * What the two files of the client session share: client_session.c (the session),
 * client_auth.c (logging in) and
 * client_transaction.c (one transaction).
 */
#pragma once

#include "mta-under-test/refmta/delivery/client_session.h"

/* The only writer of session->state. */
void client_set_state(struct client_session *session, enum client_state state);
/* The reason that a reply gives. */
void client_reason_of(const struct client_session *session, struct reason *reason);
enum client_verdict client_verdict_of(const struct client_session *session);
/* 4yz or 5yz to something that is no transaction: the session has failed. */
enum client_event client_fail(struct client_session *session, enum client_verdict verdict);

/* After the hello, where there are credentials; and the replies to it. */
enum client_event client_auth_begin(struct client_session *session);
enum client_event client_auth_reply(struct client_session *session);

/* A reply to a command of the transaction. */
enum client_event client_transaction_reply(struct client_session *session);
