/*
 * The sending side: takes what is ready from the queue, finds the way, and hands it to connections.
 * For each destination there is a lane: its route, its connections (kept open for a moment when
 * there is nothing to send), and how many of them it may have.
 */
#pragma once

#include "mta-under-test/refmta/delivery/sts_lookup.h"
#include "mta-under-test/refmta/log/trace.h"
#include "mta-under-test/refmta/queue/queue.h"
#include "mta-under-test/refmta/routing/routing_rules.h"
#include "mta-under-test/refmta/shaping/shaping_rules.h"
#include "mta-under-test/refmta/sign/signer.h"
#include "mta-under-test/refmta/tlspolicy/tls_peer.h"
#include "mta-under-test/refmta/tlspolicy/tls_results.h"

struct delivery;

/* What all connections together may take, and how long one is kept that does nothing. */
struct delivery_limits {
    size_t connections_max;
    size_t opening_max;  /* ... of them to strangers, that were not answered yet */
    size_t opening_many; /* of those; from then on each new destination has one */
    size_t silent_max;   /* of those; so many may have all the time they want for their greeting */
    size_t finding_max;  /* routes that are asked for at a time */
    int64_t patience_us; /* where others wait: for a host to take a connection */
    int64_t greeting_patience_us; /* ... and, behind `silent_max` of them, to greet */
    int64_t idle_us;              /* a connection stays open with nothing to send */
    int64_t quit_us;              /* ... and waits for the reply to QUIT */
};
/* With so many connections at a time. */
struct delivery_limits delivery_limits_of(size_t connections_max);

struct delivery_options {
    const struct config *config;
    const struct delivery_limits *limits; /* NULL: those of the configuration */
    struct log *log;
    struct event_base *base;
    struct resolver *resolver;
    struct tls_sessions *tls;
    const struct sts_lookups *sts;   /* NULL: no MTA-STS */
    struct suppression *suppression; /* NULL: none */
    const struct trace *trace;       /* which connections are traced */
    /* Who signs again what had to be converted; NULL, or a NULL from it: nobody. */
    const struct signer *(*signer)(void *arg);
    uint64_t seed; /* for the order of equal MX hosts */
    /* What became of TLS in a session with an MX host, for reports; NULL: nobody wants to know. */
    void (*on_tls)(void *reporter, const struct tls_session *session);
    void *reporter;
    /* Called once after delivery_stop(), when nothing is on its way any more. */
    void (*on_stopped)(void *arg);
    void *arg;
};

struct delivery *delivery_open(const struct delivery_options *options) MUST_CHECK;
void delivery_close(struct delivery **delivery);
/* The queue's and the delivery's life are tied at the start. */
void delivery_set_queue(struct delivery *delivery, struct queue *queue);

/* Goes on with another configuration and its rules. What is on its way ends as it began; what was
 * learned of receivers holds under the new rules too, as far as they have a rule of that name. */
void delivery_set_config(struct delivery *delivery, const struct config *config);

/* Connections of ours that are open. */
size_t delivery_connection_count(const struct delivery *delivery);

/* The queue's on_ready. */
void delivery_ready(void *delivery, struct queue_destination *destination);

/* Starts nothing new, and ends what is idle; what is on its way may finish. */
void delivery_stop(struct delivery *delivery);
/* Gives back to the queue what is still on its way, so that it can be closed. */
void delivery_abandon(struct delivery *delivery);
