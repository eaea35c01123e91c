/*
 * What forbids mail in clear, as far as the server under test has read it: TLSA records of a host
 * that DNSSEC vouches for (RFC 7672), and MTA-STS policies that enforce (RFC 8461). From the
 * answers of the run, in their order. A server that never asks is held to nothing.
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/map.h"

struct check_policies {
    struct arena *arena;
    struct map domains; /* struct check_policy_domain, by name */
    struct map hosts;   /* those with TLSA records that count */
    struct buf plain;   /* for the name at hand */
};

void check_policies_init(struct check_policies *policies, struct arena *arena);
void check_policies_deinit(struct check_policies *policies);

/* A "query" event of "dns" and a "request" event of "policy", at `at_us`. */
void check_policies_note_query(struct check_policies *policies, const cJSON *event);
void check_policies_note_request(struct check_policies *policies, const cJSON *event,
                                 int64_t at_us);

struct check_ban {
    const char *by; /* in words: "its TLSA records"; NULL if nothing forbids it */
    const char *rfc;
};

/* What forbids that mail for `recipient` goes to `host` in clear at `at_us`. */
struct check_ban check_policies_ban(struct check_policies *policies, const char *recipient,
                                    const char *host, int64_t at_us);
