/*
 * What those see who watch the server, over HTTP:
 *
 *     GET /metrics   Prometheus' text format
 *     GET /health    200 with {"status": "good"}, or 503 with the reason: the disk takes nothing,
 *                    or the server is stopping. For a load balancer, and for a person.
 *
 * There is no login: the port belongs on an address that only operators reach.
 */
#pragma once

#include "mta-under-test/refmta/app/confinement.h"
#include "mta-under-test/refmta/delivery/delivery.h"
#include "mta-under-test/refmta/server/server.h"

struct operations;

struct operations_options {
    struct ip_endpoint endpoint;
    struct event_base *base;
    const struct log *log;
    struct queue *queue;
    const struct server *server;
    const struct delivery *delivery;
    const struct confinement *confinement;
    const bool *is_stopping;
};

/* Binds the port; NULL with a text. */
struct operations *operations_open(const struct operations_options *options,
                                   struct err *err) MUST_CHECK;
void operations_close(struct operations **operations);
uint16_t operations_port(const struct operations *operations);
