/*
 * The real Unbound as the resolver of the world ("resolver": "unbound"): where it comes from, and
 * the configuration with which it walks the simulated tree from the root and validates what it
 * finds there. It runs beside the server under test, as a resolver of its own would, and asks the
 * simulated servers of the root and of the zones over the simulated network.
 */
#pragma once

#include "sim/dns/dns_model.h"

#define DNS_UNBOUND_PROGRAM "/usr/sbin/unbound"

/* Debian packages, each list NULL-terminated: laid over / of the world in any case, and libraries
 * that this machine may have. */
extern const char *const DNS_UNBOUND_PACKAGES[];
extern const char *const DNS_UNBOUND_LIBRARIES[];

/* Where it answers: addresses of the loopback interface. */
#define DNS_UNBOUND_IPV4 "127.0.0.1"
#define DNS_UNBOUND_IPV6 "::1"

/* Appends its configuration (unbound.conf(5)): the root's servers, and a trust anchor for each zone
 * that is signed and has no signed zone above it. */
void dns_unbound_configure(const struct dns_model *model, bool ipv6, struct buf *out);
