/*
 * Finds out whether a domain has an MTA-STS policy (RFC 8461): asks DNS for its record, fetches the
 * policy where it is new, and keeps it in the store. Takes its time; whoever waits is told when the
 * store knows what there is to know.
 */
#pragma once

#include "mta-under-test/refmta/delivery/resolver.h"
#include "mta-under-test/refmta/log/log.h"
#include "mta-under-test/refmta/net/https_client.h"
#include "mta-under-test/refmta/tlspolicy/sts_store.h"

/* Shared by all lookups; all parts outlive them. */
struct sts_lookups {
    struct resolver *resolver;
    struct https_client *client;
    struct sts_store *store;
    struct log *log;
    uint16_t port; /* of the policy hosts: 443, but in tests */
};

/* What went wrong, as RFC 8460 4.3 names it; NULL: nothing. */
struct sts_result {
    const char *report_as;
};

/* `domain` is one that DNS can hold, in lower case. Calls done() once, later or from inside this
 * call; then sts_store_get() tells the policy. */
void sts_lookup_start(const struct sts_lookups *lookups, const char *domain,
                      void (*done)(void *arg, const struct sts_result *result), void *arg);
