/*
 * What DNS says about TLS at the hosts of a route: their TLSA records (RFC 7672 2.2), as far as
 * DNSSEC vouches for the whole way there. Only for resolvers that validate and are trusted.
 */
#pragma once

#include "mta-under-test/refmta/delivery/route.h"

/* Sets `dane` and the records of each host, then calls done() once, later or from inside this call.
 * The route must live until then. */
void route_tls_find(struct route *route, struct resolver *resolver, void (*done)(void *arg),
                    void *arg);
