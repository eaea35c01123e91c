/*
 * The policy hosts at work: HTTPS on port 443 of every address, with the faults of the scenario.
 * Each request is an event (`policy`, `request`), and so is each report, each one-click request to
 * unsubscribe, and each event that a webhook tells. A connection to an address that no policy host
 * has is reset.
 */
#pragma once

#include "sim/event/event_log.h"
#include "sim/policy/http_server.h"
#include "sim/policy/policy_model.h"

struct policy_server;

struct policy_server_options {
    struct http_server_options http;
    int64_t start_us;                /* of the run */
    struct tls_authority *authority; /* of the certificates */
    const char *only_host;           /* answers, whatever was dialled; NULL outside of tests */
};

/* NULL with `err`. Model, log (which may be NULL) and authority must outlive it; the model may
 * change between events of the loop. */
struct policy_server *policy_server_open(struct event_base *base, struct policy_model *model,
                                         struct event_log *log,
                                         const struct policy_server_options *options,
                                         struct err *err) MUST_CHECK;
void policy_server_close(struct policy_server **server);

uint16_t policy_server_port(const struct policy_server *server);
