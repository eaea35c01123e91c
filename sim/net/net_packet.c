#include "sim/net/net_packet.h"

#include "mta-under-test/base/poison.h"

enum {
    NET_TCP_BYTES = 20,
    NET_IP4_BYTES = 20,
    NET_TCP_FLAGS_AT = 13,
    NET_TCP_CHECKSUM_AT = 16,
    NET_TCP_RST_ACK = 0x14,
    NET_TCP_SYN = 0x02,
    NET_TCP_SYN_ACK = 0x12,
    NET_PROTOCOL_ICMP = 1,
    NET_PROTOCOL_TCP = 6,
    NET_TTL = 64,
    NET_V4_AT = 12, /* an IPv4 address in a struct address */
    NET_ICMP_QUOTED_BYTES = 8,
};

static uint16_t net_read16(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t net_read32(const unsigned char *at)
{
    return (uint32_t)net_read16(at) << 16 | net_read16(at + 2);
}

static void net_write16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void net_write32(unsigned char *at, uint32_t value)
{
    net_write16(at, value >> 16);
    net_write16(at + 2, value & 0xffffU);
}

/* ---- reading */

int net_syn_read(struct slice tcp, struct net_syn *syn)
{
    if (tcp.len < NET_TCP_BYTES)
        return -1;
    syn->tcp_len = tcp.len < sizeof syn->tcp ? tcp.len : sizeof syn->tcp;
    memcpy(syn->tcp, tcp.data, syn->tcp_len);
    if ((syn->tcp[NET_TCP_FLAGS_AT] & NET_TCP_SYN_ACK) != NET_TCP_SYN)
        return -1;
    syn->client_port = net_read16(syn->tcp);
    syn->server_port = net_read16(syn->tcp + 2);
    syn->sequence = net_read32(syn->tcp + 4);
    return 0;
}

static void net_address_from_v4(const char *bytes, struct address *address)
{
    memset(address->bytes, 0, sizeof address->bytes);
    address->bytes[10] = address->bytes[11] = 0xff;
    memcpy(address->bytes + NET_V4_AT, bytes, 4);
}

int net_syn_read_v4(struct slice packet, struct net_syn *syn)
{
    if (packet.len < NET_IP4_BYTES)
        return -1;
    size_t header = ((size_t)packet.data[0] & 0x0fU) * 4;
    if (header < NET_IP4_BYTES || packet.len < header)
        return -1;
    net_address_from_v4(packet.data + 12, &syn->client);
    net_address_from_v4(packet.data + 16, &syn->server);
    return net_syn_read(slice_skip(packet, header), syn);
}

/* ---- writing */

static uint32_t net_sum(uint32_t sum, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += net_read16(bytes + i);
    if (len % 2 == 1)
        sum += (uint32_t)bytes[len - 1] << 8;
    return sum;
}

/* RFC 1071 */
static unsigned net_fold(uint32_t sum)
{
    while (sum > 0xffffU)
        sum = (sum & 0xffffU) + (sum >> 16);
    return ~sum & 0xffffU;
}

static void net_ip4_write(unsigned char *out, const unsigned char *from, const unsigned char *to,
                          unsigned protocol, size_t len)
{
    memset(out, 0, NET_IP4_BYTES);
    out[0] = 0x45;
    net_write16(out + 2, (unsigned)(NET_IP4_BYTES + len));
    out[8] = NET_TTL;
    out[9] = (unsigned char)protocol;
    memcpy(out + 12, from, 4);
    memcpy(out + 16, to, 4);
    net_write16(out + 10, net_fold(net_sum(0, out, NET_IP4_BYTES)));
}

/* A reset that acknowledges the SYN. */
static void net_reset_write(const struct net_syn *syn, struct buf *out)
{
    unsigned char tcp[NET_TCP_BYTES] = {0};
    net_write16(tcp, syn->server_port);
    net_write16(tcp + 2, syn->client_port);
    net_write32(tcp + 8, syn->sequence + 1);
    tcp[12] = NET_TCP_BYTES / 4 << 4;
    tcp[NET_TCP_FLAGS_AT] = NET_TCP_RST_ACK;
    if (address_is_ipv4(&syn->server)) {
        unsigned char ip[NET_IP4_BYTES];
        const unsigned char *from = syn->server.bytes + NET_V4_AT;
        const unsigned char *to = syn->client.bytes + NET_V4_AT;
        uint32_t sum = net_sum(net_sum(NET_PROTOCOL_TCP + NET_TCP_BYTES, from, 4), to, 4);
        net_write16(tcp + NET_TCP_CHECKSUM_AT, net_fold(net_sum(sum, tcp, sizeof tcp)));
        net_ip4_write(ip, from, to, NET_PROTOCOL_TCP, sizeof tcp);
        buf_add(out, ip, sizeof ip);
    }
    buf_add(out, tcp, sizeof tcp);
}

static void net_icmp4_write(const struct net_syn *syn, enum net_condition_kind kind,
                            struct buf *out)
{
    enum { DEST_UNREACHABLE = 3, HOST_UNREACHABLE = 1, PACKET_FILTERED = 13, HEADER = 8 };
    unsigned char ip[NET_IP4_BYTES];
    unsigned char icmp[HEADER + NET_IP4_BYTES + NET_ICMP_QUOTED_BYTES] = {0};
    const unsigned char *server = syn->server.bytes + NET_V4_AT;
    const unsigned char *client = syn->client.bytes + NET_V4_AT;
    icmp[0] = DEST_UNREACHABLE;
    icmp[1] = kind == NET_PROHIBITED ? PACKET_FILTERED : HOST_UNREACHABLE;
    net_ip4_write(icmp + HEADER, client, server, NET_PROTOCOL_TCP, syn->tcp_len);
    memcpy(icmp + HEADER + NET_IP4_BYTES, syn->tcp, NET_ICMP_QUOTED_BYTES);
    net_write16(icmp + 2, net_fold(net_sum(0, icmp, sizeof icmp)));
    net_ip4_write(ip, server, client, NET_PROTOCOL_ICMP, sizeof icmp);
    buf_add(out, ip, sizeof ip);
    buf_add(out, icmp, sizeof icmp);
}

static void net_icmp6_write(const struct net_syn *syn, enum net_condition_kind kind,
                            struct buf *out)
{
    enum { DEST_UNREACHABLE = 1, PROHIBITED = 1, ADDRESS_UNREACHABLE = 3, HEADER = 8, IP6 = 40 };
    unsigned char icmp[HEADER + IP6] = {0};
    unsigned char *ip = icmp + HEADER;
    icmp[0] = DEST_UNREACHABLE;
    icmp[1] = kind == NET_PROHIBITED ? PROHIBITED : ADDRESS_UNREACHABLE;
    ip[0] = 0x60;
    net_write16(ip + 4, (unsigned)syn->tcp_len);
    ip[6] = NET_PROTOCOL_TCP;
    ip[7] = NET_TTL;
    memcpy(ip + 8, syn->client.bytes, sizeof syn->client.bytes);
    memcpy(ip + 24, syn->server.bytes, sizeof syn->server.bytes);
    buf_add(out, icmp, sizeof icmp);
    buf_add(out, syn->tcp, syn->tcp_len);
}

void net_answer_write(const struct net_syn *syn, enum net_condition_kind kind, struct buf *out)
{
    if (kind == NET_REFUSED)
        net_reset_write(syn, out);
    else if ((kind == NET_UNREACHABLE || kind == NET_PROHIBITED) && address_is_ipv4(&syn->server))
        net_icmp4_write(syn, kind, out);
    else if (kind == NET_UNREACHABLE || kind == NET_PROHIBITED)
        net_icmp6_write(syn, kind, out);
}
