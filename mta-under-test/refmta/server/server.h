/*
 * The receiving side: listens, and drives one server session for each client.
 */
#pragma once

#include <openssl/ssl.h>

#include "mta-under-test/refmta/log/trace.h"
#include "mta-under-test/refmta/queue/queue.h"
#include "mta-under-test/refmta/server/server_session.h"

struct server;

struct server_options {
    const struct config *config;
    const struct server_limits *limits;
    struct log *log;
    struct queue *queue;
    struct event_base *base;
    const struct auth_users *users;     /* NULL: nobody has a password */
    const struct auth_issuers *issuers; /* NULL: nobody has a token */
    SSL_CTX *tls;                       /* NULL: no listener needs it */
    const struct signer *signer;        /* NULL: nothing is signed */
    struct resolver *resolver;          /* for the checks */
    const struct trace *trace;          /* which sessions are traced */
    const struct one_click *one_click;  /* NULL: nobody unsubscribes by it */
    /* As in struct server_setup. */
    void (*on_dmarc)(void *reporter, const struct dmarc_report *one);
    void *reporter;
    /* Called once after server_stop(), when the last client is gone. */
    void (*on_stopped)(void *arg);
    void *arg;
};

/* Binds all listeners; NULL with a text. Log, queue and resolver may come later. */
struct server *server_open(const struct server_options *options, struct err *err) MUST_CHECK;
void server_close(struct server **server);
/* The same options again, complete; before the loop runs. */
void server_serve(struct server *server, const struct server_options *options);

/*
 * Goes on with other options, of which config, limits, users, issuers, tls and signer may differ.
 * Listeners that are new are opened, those that are gone closed; clients that are here end as they
 * began. -1 with a text if a port cannot be had: then nothing has changed.
 */
int server_change(struct server *server, const struct server_options *options,
                  struct err *err) MUST_CHECK;

/* No new clients; those that are here may end the command at hand and get 421. */
void server_stop(struct server *server);

/* Clients that are here, and all that ever were. */
size_t server_session_count(const struct server *server);
uint64_t server_session_total(const struct server *server);

/* The port of listener `index`: for a configured port 0, the one that the system chose. */
uint16_t server_port(const struct server *server, size_t index);
