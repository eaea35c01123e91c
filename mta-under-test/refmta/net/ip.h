/*
 * IPv4 and IPv6 addresses and prefixes as values. An IPv4 address mapped into IPv6 (::ffff:a.b.c.d)
 * is always kept as IPv4, so that a rule for 192.0.2.0/24 holds for a dual-stack listener too.
 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "mta-under-test/base/slice.h"

enum { IP_TEXT_BYTES = 64 };

struct ip_address {
    sa_family_t family; /* AF_INET, AF_INET6; 0 = none */
    uint8_t bytes[16];  /* network order; IPv4 uses the first four */
};

struct ip_endpoint {
    struct ip_address address;
    uint16_t port;
};

struct ip_network {
    struct ip_address address;
    unsigned prefix_bits;
};

/* All return 0, or -1 if the text is none. */
int ip_address_from_text(struct slice text, struct ip_address *address)
    __attribute__((warn_unused_result));
/* "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53". */
int ip_endpoint_from_text(struct slice text, uint16_t default_port, struct ip_endpoint *endpoint)
    __attribute__((warn_unused_result));
/* "192.0.2.0/24"; without a slash it is the one address. Bits behind the prefix must be zero. */
int ip_network_from_text(struct slice text, struct ip_network *network)
    __attribute__((warn_unused_result));

/* The bytes by which limits tell clients apart: an IPv6 client has a whole /64. Borrowed. */
struct slice ip_address_site(const struct ip_address *address);

/* 127.0.0.0/8 and ::1. */
bool ip_address_is_loopback(const struct ip_address *address);

/* Returns `text`. */
const char *ip_address_to_text(const struct ip_address *address, char text[IP_TEXT_BYTES]);

bool ip_network_contains(const struct ip_network *network, const struct ip_address *address);

/* Writes the socket address and returns its length. */
socklen_t ip_to_sockaddr(const struct ip_endpoint *endpoint, struct sockaddr_storage *out);
void ip_from_sockaddr(const struct sockaddr_storage *in, struct ip_endpoint *endpoint);
