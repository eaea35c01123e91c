/*
 * Socket filters (classic BPF) for listening sockets: which SYNs never reach them, and which
 * packets a raw socket is told of. No privileges are needed to attach one.
 *
 * A connection keeps the filter of the moment at which it was made, so those that are open go on.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "sim/value/address.h"

/* More are not shut out in the kernel, but reset by the server. */
enum { NET_FILTER_V4_MAX = 1500, NET_FILTER_V6_MAX = 400 };

/* Packets to these addresses of the socket's family are dropped; with none the filter is taken
 * away. -1 with `err` if the kernel does not take it. */
int net_filter_shut(int fd, const struct address *addresses, size_t count,
                    struct err *err) MUST_CHECK;

/* What comes for a connection in packets of more than `packet_bytes` (IP header included) is
 * dropped; with 0 all that comes is. */
int net_filter_large(int fd, int64_t packet_bytes, struct err *err) MUST_CHECK;

/* A raw socket for TCP gets the SYNs of new connections only. */
int net_filter_syns(int fd, bool ipv4, struct err *err) MUST_CHECK;
