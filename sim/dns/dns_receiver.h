/*
 * The resolver of simulated receivers: the authentication library (SPF, DKIM, DMARC, ARC) asks
 * through it, inside the process and without waiting. It goes the way of a real one: UDP first, TCP
 * when truncated; faults of the scenario strike it too, but a delay costs it nothing, and what a
 * fault has used up here ("times") is apart from what the server under test meets. Nothing is
 * logged: the log's queries are those of the server under test. An answer is remembered until a
 * zone changes, where the scenario has no faults.
 */
#pragma once

#include "mta-under-test/mailauth/core/dns.h"
#include "sim/dns/dns_answer.h"
#include "sim/value/address.h"

struct dns_receiver;

/* `options->resolvers` is of no interest. The model must outlive it. */
struct dns_receiver *dns_receiver_new(struct dns_model *model,
                                      const struct dns_answer_options *options);
void dns_receiver_free(struct dns_receiver **receiver);

/* The interface for checks that run at `now_us` (since 1970). Its answers are valid until the next
 * dns_receiver_at(): call it once for each message that is checked. */
struct dns_resolver dns_receiver_at(struct dns_receiver *receiver, int64_t now_us);

/* The name that the PTR record of an address gives at `now_us`, the first where there are several;
 * NULL where there is none. Ends the answers given out before, and is valid as they are. */
const char *dns_receiver_client_name(struct dns_receiver *receiver, const struct address *client,
                                     int64_t now_us);
