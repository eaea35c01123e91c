/*
 * One SMTP connection of the submitter to the server under test: hands in messages one after the
 * other, each in a transaction (submit_transaction.h). Every reply becomes an event; the fate of a
 * message becomes `accepted` or `refused`.
 *
 * Runs on the caller's event loop.
 */
#pragma once

#include <event2/event.h>

#include "sim/event/event_log.h"
#include "sim/submit/submit_login.h"
#include "sim/submit/submit_message.h"
#include "sim/value/address.h"

struct submit_session;

enum submit_result {
    SUBMIT_DONE,        /* the message has its fate; the session can take the next one */
    SUBMIT_UNREACHABLE, /* no connection, or it broke before the message was decided on */
};

/* Called when the message at hand is finished with, or on a break. The session must not be closed
 * inside the call. */
typedef void submit_session_done(void *context, struct submit_session *session,
                                 enum submit_result result, const char *reason);

struct submit_session_options {
    struct event_base *base;
    struct event_log *log;
    struct address server;
    uint16_t port;
    struct address source; /* bound to before connecting, if has_source */
    bool has_source;
    const char *helo;
    const struct submit_login *login; /* NULL = mail is taken without one, in clear text */
    submit_session_done *done;
    void *context;
};

struct submit_session *submit_session_new(const struct submit_session_options *options);
/* Ends the connection (with QUIT where it is open) and frees it. */
void submit_session_close(struct submit_session **session);

/* The connection is dropped as if it had broken; `done` is called if a message was at hand. */
void submit_session_cut(struct submit_session *session, const char *reason);

/* Starts handing a message in; connects first where needed. `content` is taken over (and emptied).
 * The message must live until `done`. */
void submit_session_send(struct submit_session *session, const struct submit_message *message,
                         struct buf *content);
