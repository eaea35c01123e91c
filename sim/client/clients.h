/*
 * All clients of a scenario, each at its time.
 */
#pragma once

#include <event2/event.h>

#include "sim/client/client_script.h"
#include "sim/event/event_log.h"

struct clients;

struct clients_options {
    struct event_base *base;
    struct event_log *log;
    const struct client_list *list;
    struct tls_authority *authority; /* signs their certificates, and hears of their TLS keys */
    struct address server;
    struct address source; /* of those that the scenario gives none */
    bool (*leaves)(void *context, const char *recipient); /* client_session.h */
    void (*changed)(void *context);                       /* one has said all */
    void *context;                                        /* of both */
};

struct clients *clients_new(const struct clients_options *options);
void clients_free(struct clients **clients);

/* From now on their times count. */
void clients_start(struct clients *clients);
/* True when all have said all. */
bool clients_are_done(const struct clients *clients);
