/*
 * What a policy host answers to a request: the right thing, or what a fault makes of it. The
 * reports in a request are judged by the caller.
 */
#pragma once

#include "sim/policy/http_server.h"
#include "sim/policy/policy_model.h"

/* What a request came to. */
struct policy_outcome {
    int status;          /* 0 if no answer is sent */
    size_t bytes;        /* of the body */
    const char *problem; /* with the request, a constant text; NULL if there is none */
    bool is_served; /* the service did what it is there for: gave the policy, took the report */
    /* Of the MTA-STS policy that was given, if it is one and nothing was wrong with it. */
    const char *sts_mode; /* NULL where there was none */
    uint32_t sts_max_age_s;
};

void policy_answer(const struct policy_host *host, const struct http_request *request,
                   const struct policy_fault *fault, struct http_answer *answer,
                   struct policy_outcome *outcome);

/* How a connection goes under a fault. */
enum http_opening policy_opening(const struct policy_fault *fault);
