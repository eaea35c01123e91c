#include "sim/capture/capture_frame.h"

#include <arpa/inet.h>

#include "mta-under-test/base/poison.h"

enum {
    ETHERNET_HEADER = 14,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86DD,
    IPV4_HEADER_MIN = 20,
    IPV6_HEADER = 40,
    TCP_HEADER_MIN = 20,
    UDP_HEADER = 8,
};

static uint8_t byte_at(struct slice data, size_t at)
{
    return (uint8_t)data.data[at];
}

static uint16_t u16_at(struct slice data, size_t at)
{
    return (uint16_t)(byte_at(data, at) << 8 | byte_at(data, at + 1));
}

/* Behind the IP header: `total` is what IP says is there, `data` what was captured of it. */
static bool read_transport(struct capture_frame *frame, struct slice data, size_t total)
{
    size_t header = UDP_HEADER;
    if (data.len < UDP_HEADER)
        return false;
    frame->source_port = u16_at(data, 0);
    frame->target_port = u16_at(data, 2);
    if (frame->protocol == IPPROTO_TCP) {
        if (data.len < TCP_HEADER_MIN)
            return false;
        header = (size_t)(byte_at(data, 12) >> 4) * 4;
        frame->tcp_flags = byte_at(data, 13);
        if (header < TCP_HEADER_MIN)
            return false;
    } else if (frame->protocol != IPPROTO_UDP) {
        return false;
    }
    if (header > total)
        return false;
    frame->payload_len = (uint32_t)(total - header);
    frame->payload = slice_first(slice_skip(data, header), frame->payload_len);
    return true;
}

static bool read_ipv4(struct capture_frame *frame, struct slice data)
{
    if (data.len < IPV4_HEADER_MIN)
        return false;
    size_t header = (size_t)(byte_at(data, 0) & 0x0F) * 4;
    size_t total = u16_at(data, 2);
    bool later_fragment = (u16_at(data, 6) & 0x1FFF) != 0;
    if (header < IPV4_HEADER_MIN || header > data.len || total < header || later_fragment)
        return false;
    frame->protocol = byte_at(data, 9);
    inet_ntop(AF_INET, data.data + 12, frame->source, sizeof frame->source);
    inet_ntop(AF_INET, data.data + 16, frame->target, sizeof frame->target);
    return read_transport(frame, slice_skip(data, header), total - header);
}

static bool read_ipv6(struct capture_frame *frame, struct slice data)
{
    if (data.len < IPV6_HEADER)
        return false;
    frame->protocol = byte_at(data, 6);
    inet_ntop(AF_INET6, data.data + 8, frame->source, sizeof frame->source);
    inet_ntop(AF_INET6, data.data + 24, frame->target, sizeof frame->target);
    return read_transport(frame, slice_skip(data, IPV6_HEADER), u16_at(data, 4));
}

bool capture_frame_read(struct capture_frame *frame, uint16_t link_type, struct slice data)
{
    *frame = (struct capture_frame){.payload = {NULL, 0}};
    if (link_type == CAPTURE_LINK_ETHERNET) {
        if (data.len < ETHERNET_HEADER)
            return false;
        uint16_t type = u16_at(data, 12);
        data = slice_skip(data, ETHERNET_HEADER);
        if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
            return false;
    } else if (link_type != CAPTURE_LINK_RAW) {
        return false;
    }
    if (data.len == 0)
        return false;
    switch (byte_at(data, 0) >> 4) {
    case 4:
        return read_ipv4(frame, data);
    case 6:
        return read_ipv6(frame, data);
    default:
        return false;
    }
}
