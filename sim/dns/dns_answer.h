/*
 * Answers queries from a model: bytes in, bytes and facts out. No I/O and no clock of its own: the
 * caller sends (or does not send) what comes out, after the delay that it says.
 *
 * What a fault needs to remember lives here, so one model can be answered from several times over,
 * each time alike: chance is drawn from the seed.
 */
#pragma once

#include "sim/dns/dns_fault.h"
#include "sim/dns/dns_message.h"

struct dns_answerer;

struct dns_answer_options {
    int64_t start_us; /* of the run, since 1970 */
    uint64_t seed;
    /* The addresses that answer as a resolver; with none, every address does. Copied. */
    const struct address *resolvers;
    size_t resolver_count;
};

/* One query as it came. */
struct dns_request {
    struct slice bytes;
    bool tcp;
    struct address server; /* that was asked */
    int64_t now_us;        /* since 1970 */
};

enum dns_action {
    DNS_ACTION_REPLY,
    DNS_ACTION_SILENCE, /* nothing is sent */
    DNS_ACTION_RESET,   /* the TCP connection is reset */
};

/* All borrowed: good until the next query or change of the model. */
struct dns_outcome {
    enum dns_action action;
    bool readable; /* it was a query; false: not worth a line in the log */
    struct slice reply;
    int64_t delay_us;
    int rcode;         /* -1 when no answer is sent */
    struct slice name; /* that was asked, wire form, lower case; empty if it could not be read */
    uint16_t type;
    size_t answers; /* records in the answer section, without the signatures of others */
    bool truncated;
    bool authenticated;
    const struct dns_fault *fault;       /* that decided, or NULL */
    const char *data[DNS_SET_TEXTS_MAX]; /* the first records of the answer section */
    size_t data_count;
};

/* The model must outlive it; no faults may be added to the model meanwhile. */
struct dns_answerer *dns_answerer_new(struct dns_model *model,
                                      const struct dns_answer_options *options);
void dns_answerer_free(struct dns_answerer **answerer);

void dns_answer(struct dns_answerer *answerer, const struct dns_request *request,
                struct dns_outcome *outcome);

/* The plan of the last answer that was not an error of the query: what stands in the reply, before
 * it was cut to size. */
const struct dns_plan *dns_answerer_plan(const struct dns_answerer *answerer);
