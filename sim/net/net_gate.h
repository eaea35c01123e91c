/*
 * The gate before the listening sockets of the simulated internet: connections to addresses whose
 * network is not open never reach them. A filter in the kernel drops their SYNs, and a raw socket
 * hears of them and answers as the network would: with a reset, with ICMP, or not at all.
 *
 * One event loop, one thread. Needs CAP_NET_RAW, which a world has.
 */
#pragma once

#include <event2/event.h>

#include "sim/net/net_packet.h"

struct net_gate;

enum { NET_GATE_LISTENERS_MAX = 32 };

struct net_gate_options {
    const int *listeners; /* fds; copied */
    size_t listener_count;
    /* What holds for an address now. */
    enum net_condition_kind (*condition)(void *context, const struct address *address);
    /* A SYN was turned away; not told twice of one that is sent again. */
    void (*turned_away)(void *context, const struct net_syn *syn, enum net_condition_kind kind);
    void *context;
};

/* NULL with `err`, as where raw sockets are not allowed. */
struct net_gate *net_gate_open(struct event_base *base, const struct net_gate_options *options,
                               struct err *err) MUST_CHECK;
void net_gate_close(struct net_gate **gate);

/* These addresses are shut from now on, all others open. */
int net_gate_shut(struct net_gate *gate, const struct address *addresses, size_t count,
                  struct err *err) MUST_CHECK;
