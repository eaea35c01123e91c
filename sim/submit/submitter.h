/*
 * Hands the scenario's messages to the server under test when they are due, over a few parallel
 * SMTP connections, or through as many commands side by side. A server that cannot be reached is
 * tried again after half a minute, twenty times; then the message counts as refused.
 *
 * Messages that are due share connections. Between two messages of one entry (its "rate") that are
 * at most five seconds apart the connection stays open, as programs that send in bulk keep it, for
 * up to ten messages, or as many as its "per-connection" says: behind the tenth of a connection
 * Exim only queues (its smtp_accept_queue_per_connection). A message with "own-connection" shares
 * with none.
 */
#pragma once

#include <event2/event.h>

#include "sim/event/event_log.h"
#include "sim/scenario/model/scenario_model.h"
#include "sim/submit/submit_message.h"
#include "sim/value/address.h"

struct submitter;

struct submitter_options {
    struct event_base *base;
    struct event_log *log;
    const struct scenario *scenario; /* its messages */
    struct address server;
    uint16_t port_override;           /* instead of each message's port; 0 = none */
    const struct submit_login *login; /* NULL = none */
    struct address source;
    bool has_source;
    const char *helo;
    /* Where mail is handed in by a command: its words for a message, in `arena`, or NULL with
     * `err`. NULL = by SMTP. */
    char **(*words)(void *context, const struct submit_message *message, struct arena *arena,
                    struct err *err);
    void *words_context;
    int network_fd;     /* where the command runs; -1 = where we are */
    const char *output; /* file for what it writes */
};

struct submitter *submitter_new(const struct submitter_options *options);
void submitter_free(struct submitter **submitter);

/* Starts the clock of the messages: "at" counts from the start of the event log. */
void submitter_start(struct submitter *submitter);

/* The network was away: connections in use are given up and count as broken. */
void submitter_cut(struct submitter *submitter);

/* True when every message has been accepted or refused. */
bool submitter_is_done(const struct submitter *submitter);
