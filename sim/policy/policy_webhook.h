/*
 * A program that gets webhooks: POSTs in which the server under test tells what became of mail, as
 * a JSON array of events. Each must be signed: a field "t=SECONDS,v1=HEX", where HEX is HMAC-SHA256
 * with the shared secret over "SECONDS.BODY" (the form that Stripe made usual), and not be older
 * than POLICY_WEBHOOK_AGE_S, so that nobody can say it again later.
 */
#pragma once

#include "sim/event/event_log.h"
#include "sim/policy/http_request.h"
#include "sim/policy/policy_model.h"

enum { POLICY_WEBHOOK_AGE_S = 300 };

/* "secret" and "signature" of a host of "webhooks"; -1 with the place. */
#define POLICY_WEBHOOK_KEYS "secret", "signature"
int policy_webhook_read(struct spec spec, struct policy_webhook *webhook,
                        struct err *err) MUST_CHECK;

/* The status of HTTP to answer with: 200, or what is wrong in *problem (a constant text). */
int policy_webhook_judge(const struct policy_webhook *webhook, const struct http_request *request,
                         int64_t now_us, const char **problem) MUST_CHECK;

/* An event for each event of a request that was judged right. */
void policy_webhook_log(struct event_log *log, const char *host,
                        const struct http_request *request);
