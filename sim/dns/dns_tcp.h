/*
 * DNS over TCP (RFC 7766): several queries in one connection, one behind the other without waiting.
 * Private to sim/dns.
 */
#pragma once

#include "sim/dns/dns_service.h"

struct dns_tcp;

struct dns_tcp_limits {
    size_t connections_max; /* of one listener; over it the one idle longest is closed */
    int64_t idle_us;        /* a connection without a whole query for so long is closed */
};

/* Takes over `fd`, a bound TCP socket that does not listen yet. */
struct dns_tcp *dns_tcp_open(struct dns_service *service, int fd,
                             const struct dns_tcp_limits *limits, struct err *err) MUST_CHECK;
void dns_tcp_close(struct dns_tcp **tcp);
