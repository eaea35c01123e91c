/*
 * Reads a query (RFC 1035 section 4.1, RFC 6891). Pure: bytes in, facts out. Only what a server
 * must know to answer is read: the header, one question, and the OPT record.
 */
#pragma once

#include "sim/dns/dns_name.h"

enum {
    DNS_HEADER_BYTES = 12,
    DNS_UDP_BYTES_MIN = 512, /* RFC 1035 section 4.2.1 */
    DNS_MESSAGE_BYTES_MAX = 65535,
    DNS_CLASS_IN = 1,
};

enum dns_query_status {
    DNS_QUERY_OK,
    DNS_QUERY_DROP,    /* too short to answer, or an answer itself */
    DNS_QUERY_FORMERR, /* no right message */
    DNS_QUERY_NOTIMP,  /* another opcode */
    DNS_QUERY_BADVERS, /* EDNS of a later version (RFC 6891 section 6.1.3) */
};

struct dns_query {
    uint16_t id;
    unsigned opcode;
    bool rd;
    bool ad;
    bool cd;
    struct slice question; /* the question's bytes as they came; empty if they could not be read */
    struct dns_name name;  /* lower case */
    uint16_t type;
    uint16_t class;
    bool edns;
    bool dnssec_ok;
    uint16_t udp_bytes; /* what the client can take by UDP */
};

/* Fills `query` as far as the bytes go. `query` borrows from `bytes`. */
enum dns_query_status dns_query_parse(struct slice bytes, struct dns_query *query);
