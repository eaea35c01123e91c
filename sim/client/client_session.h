/*
 * Plays one client's script (client_script.h) over one connection to the server under test, on the
 * caller's event loop. Everything becomes an event of source "client"; a reply that the script does
 * not expect is marked there, and ends the dialogue. Mail that it hands in, and that can be known
 * again (client_mail.h), becomes events of source "submitter" as well.
 */
#pragma once

#include <event2/event.h>

#include "sim/client/client_script.h"
#include "sim/event/event_log.h"

struct client_session;

struct client_session_options {
    struct event_base *base;
    struct event_log *log;
    const struct client_script *script;
    struct tls_authority *authority; /* signs its certificate, and hears of its TLS keys */
    struct address server;
    struct address source;
    /* Does mail to this address leave the server under test, for a host of the world? What does not
     * is no recipient in the submitter's events: nobody would hear what became of it. */
    bool (*leaves)(void *context, const char *recipient);
    void *leaves_context;
    void (*done)(void *context); /* once; the session must not be freed inside the call */
    void *context;
};

/* Connects at once. */
struct client_session *client_session_new(const struct client_session_options *options);
void client_session_free(struct client_session **session);
