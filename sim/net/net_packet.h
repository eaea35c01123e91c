/*
 * The packets with which a network turns a connection away: read from a SYN, written as a TCP reset
 * (RFC 9293 3.5.2) or an ICMP message (RFC 792, RFC 4443). Pure.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/net/net_condition.h"

enum {
    NET_SYN_BYTES_MAX = 60,
    NET_ANSWER_BYTES_MAX = 200,
};

/* A SYN as it came. */
struct net_syn {
    struct address client;
    struct address server;
    uint16_t client_port;
    uint16_t server_port;
    uint32_t sequence;
    unsigned char tcp[NET_SYN_BYTES_MAX]; /* its TCP header */
    size_t tcp_len;
};

/* Reads the TCP header (of a SYN without ACK) behind the addresses, which are set already. -1 if it
 * is none. */
int net_syn_read(struct slice tcp, struct net_syn *syn) MUST_CHECK;
/* The same with an IPv4 header in front, from which the addresses are taken. */
int net_syn_read_v4(struct slice packet, struct net_syn *syn) MUST_CHECK;

/* Appends the answer, behind an IPv4 header where the server's address is one; of IPv6 what stands
 * behind its header, with the checksum left to the kernel. Nothing for NET_SILENT. */
void net_answer_write(const struct net_syn *syn, enum net_condition_kind kind, struct buf *out);
