/*
 * DNS over the network, for `authcheck --resolver HOST:PORT`: one query at a time, with the answers
 * kept. The only part of the tool that touches a network.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/mailauth/core/dns_cache.h"

struct stub;

/* HOST is an address; "[2001:db8::53]:53" for IPv6. -1 if it is none. */
int stub_open(const char *host_port, struct stub **stub, struct err *err) MUST_CHECK;
void stub_close(struct stub **stub);

struct dns_resolver stub_resolver(struct stub *stub);
