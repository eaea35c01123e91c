/*
 * Hashed denial of existence (RFC 5155), with the parameters of RFC 9276: SHA-1, no further
 * iterations, no salt, no opt-out.
 */
#pragma once

#include "sim/dns/dns_zone.h"

enum { DNS_NSEC3_ALGORITHM = 1, DNS_NSEC3_FLAGS = 0, DNS_NSEC3_ITERATIONS = 0 };

/* The name under which a name of the zone has its NSEC3 record. */
void dns_nsec3_name(const struct dns_zone *zone, struct slice name, struct dns_name *hashed);
