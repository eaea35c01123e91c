/*
 * What a captured frame says about who speaks to whom: Ethernet (or none), IPv4 or IPv6, TCP or
 * UDP. Pure; a frame that is something else, or cut, is simply not known. IPv6 extension headers
 * and later fragments are not followed.
 */
#pragma once

#include <netinet/in.h>

#include "mta-under-test/base/slice.h"

/* Link types (tcpdump.org/linktypes) that are understood. */
enum { CAPTURE_LINK_ETHERNET = 1, CAPTURE_LINK_RAW = 101 };

enum {
    CAPTURE_TCP_FIN = 0x01,
    CAPTURE_TCP_SYN = 0x02,
    CAPTURE_TCP_RST = 0x04,
    CAPTURE_TCP_PSH = 0x08,
    CAPTURE_TCP_ACK = 0x10,
};

struct capture_frame {
    char source[INET6_ADDRSTRLEN];
    char target[INET6_ADDRSTRLEN];
    uint16_t source_port;
    uint16_t target_port;
    uint8_t protocol;     /* IPPROTO_TCP or IPPROTO_UDP */
    uint8_t tcp_flags;    /* CAPTURE_TCP_... */
    uint32_t payload_len; /* bytes behind the TCP or UDP header, by what IP says */
    struct slice payload; /* those of them that were captured */
};

/* False if the frame is no TCP or UDP over IP. */
bool capture_frame_read(struct capture_frame *frame, uint16_t link_type, struct slice data);
