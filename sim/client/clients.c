#include "sim/client/clients.h"

#include "mta-under-test/base/time_text.h"
#include "sim/client/client_session.h"

#include "mta-under-test/base/poison.h"

struct client {
    struct clients *clients;
    const struct client_script *script;
    struct event *timer;
    struct client_session *session;
};

struct clients {
    struct clients_options options;
    struct client *items;
    size_t done_count;
};

static void on_done(void *context)
{
    struct client *client = context;
    client->clients->done_count++;
    client->clients->options.changed(client->clients->options.context);
}

static void on_time(evutil_socket_t fd, short what, void *context)
{
    struct client *client = context;
    const struct clients_options *options = &client->clients->options;
    const struct client_session_options session = {
        .base = options->base,
        .log = options->log,
        .script = client->script,
        .authority = options->authority,
        .server = options->server,
        .source = client->script->has_source ? client->script->source : options->source,
        .leaves = options->leaves,
        .leaves_context = options->context,
        .done = on_done,
        .context = client,
    };
    (void)fd;
    (void)what;
    client->session = client_session_new(&session);
}

struct clients *clients_new(const struct clients_options *options)
{
    struct clients *clients = mem_alloc(sizeof *clients);
    clients->options = *options;
    clients->items = mem_alloc_array(options->list->count, sizeof *clients->items);
    for (size_t i = 0; i < options->list->count; i++) {
        struct client *client = &clients->items[i];
        client->clients = clients;
        client->script = &options->list->items[i];
        client->timer = evtimer_new(options->base, on_time, client);
    }
    return clients;
}

void clients_free(struct clients **clients_at)
{
    struct clients *clients = *clients_at;
    *clients_at = NULL;
    if (clients == NULL)
        return;
    for (size_t i = 0; i < clients->options.list->count; i++) {
        client_session_free(&clients->items[i].session);
        event_free(clients->items[i].timer);
    }
    free(clients->items);
    free(clients);
}

void clients_start(struct clients *clients)
{
    for (size_t i = 0; i < clients->options.list->count; i++) {
        int64_t at_us = clients->items[i].script->at_us;
        const struct timeval wait = {at_us / TIME_SECOND, at_us % TIME_SECOND};
        evtimer_add(clients->items[i].timer, &wait);
    }
}

bool clients_are_done(const struct clients *clients)
{
    return clients->done_count == clients->options.list->count;
}
