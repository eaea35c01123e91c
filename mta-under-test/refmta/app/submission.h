/*
 * Mail from programs over HTTP: POST /v1/messages with a bearer token and a message as JSON
 * (submission_message.h). 202 with {"id": "..."} when it is durable, 400 with what is wrong, 401
 * without a good token, 503 when the disk takes nothing. In TLS, but for loopback addresses.
 */
#pragma once

#include "mta-under-test/refmta/app/settings.h"

struct submission_server;

struct submission_options {
    const struct settings *settings;
    struct event_base *base;
    struct log *log;
    struct queue *queue;
};

/* Binds the port; NULL with a text. */
struct submission_server *submission_open(const struct submission_options *options,
                                          struct err *err) MUST_CHECK;
/* Before the queue is closed no call may be waiting for it: the queue first. */
void submission_close(struct submission_server **server);
/* Goes on with other settings: tokens, keys, limits. The port and its TLS stay. */
void submission_set_settings(struct submission_server *server, const struct settings *settings);
uint16_t submission_port(const struct submission_server *server);
