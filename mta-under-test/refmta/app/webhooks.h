/*
 * Tells a program what becomes of mail, by signed POSTs (webhook_form.h): one after the other, so
 * that events come in their order, many in one where they wait. One that is not answered with 2xx
 * is sent again, after 1 s, 2 s, 4 s ... 10 min, and after a restart; so an event may come twice,
 * with the same "id".
 */
#pragma once

#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/delivery/resolver.h"
#include "mta-under-test/refmta/log/log.h"
#include "mta-under-test/refmta/net/https_client.h"
#include "mta-under-test/refmta/queue/queue_event.h"

struct webhooks;

struct webhooks_options {
    const struct config *config; /* webhooks */
    struct event_base *base;
    struct log *log;
    struct resolver *resolver;
    struct https_client *https;
};

/* NULL with a text. */
struct webhooks *webhooks_open(const struct webhooks_options *options, struct err *err) MUST_CHECK;
/* When the resolver and the HTTPS client are closed. */
void webhooks_close(struct webhooks **webhooks);

void webhooks_note(struct webhooks *webhooks, const struct queue_event *event);
