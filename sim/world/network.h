/*
 * The network of a world: two network namespaces that are joined by one pair of interfaces and by
 * nothing else, so nothing can leave.
 *
 *     "mta"        eth0       the addresses of the server under test; default route over the pair
 *     "internet"   internet0  192.0.2.1 and 2001:db8::1; all simulated hosts
 *
 * In "internet" whole prefixes are local (AnyIP: `local` routes on lo), so that one socket on
 * 0.0.0.0:25 is the port 25 of each of their addresses: 198.18.0.0/15 (RFC 2544), 198.51.100.0/24
 * and 203.0.113.0/24 (RFC 5737), 2001:db8::/32 (RFC 3849); single addresses outside of them are
 * added. Neighbours are fixed on both sides: there is no ARP, no neighbour discovery, no duplicate
 * address detection, hence no packet that a program did not send, and no wait.
 *
 * An address that nobody has is answered with "unreachable" at once.
 *
 * Each route acknowledges at once (quickack), the congestion control is reno and buffers are fixed:
 * a delayed acknowledgement or a grown buffer would let real time decide what happens.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "sim/value/address.h"

struct network_options {
    const struct address *mta; /* at least one; of the server under test */
    size_t mta_count;
    const struct address *extra; /* further local addresses of the internet */
    size_t extra_count;
};

/* The gateway of the server under test: the internet's own end of the pair. */
#define NETWORK_GATEWAY_V4 "192.0.2.1"
#define NETWORK_GATEWAY_V6 "2001:db8::1"
#define NETWORK_INTERNET_LINK "internet0"
#define NETWORK_MTA_LINK "eth0"

/*
 * To be called in a fresh network namespace, which becomes "mta"; afterwards the calling process is
 * in another fresh one, "internet". *mta_fd refers to "mta" (close-on-exec). Needs CAP_NET_ADMIN
 * and CAP_SYS_ADMIN over both. -1 with `err`.
 */
int network_build(const struct network_options *options, int *mta_fd, struct err *err) MUST_CHECK;

/* False on a machine whose kernel has IPv6 switched off: then the IPv6 half is left out. */
bool network_has_ipv6(void);

/* True if the address is local in every internet without being named in `extra`. */
bool network_is_anyip(const struct address *address);
