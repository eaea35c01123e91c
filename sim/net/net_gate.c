#include "sim/net/net_gate.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/net/net_filter.h"

#include "mta-under-test/base/poison.h"

enum {
    NET_PACKET_BYTES_MAX = 2048,
    NET_READS_AT_ONCE = 256,
    NET_RECENT = 64, /* SYNs that are remembered, so that one sent again is known */
    NET_TCP_CHECKSUM_AT = 16,
};

/* What tells one SYN from another. */
struct net_recent {
    struct address client;
    uint16_t client_port;
    uint32_t sequence;
};

struct net_gate {
    struct net_gate_options options;
    int listeners[NET_GATE_LISTENERS_MAX];
    int raw4; /* SYNs come in; whole packets go out through raw4_out */
    int raw4_out;
    int raw6;
    int icmp6;
    struct event *reading4;
    struct event *reading6;
    struct net_recent recent[NET_RECENT];
    size_t recent_next;
};

static bool net_gate_knows(struct net_gate *gate, const struct net_syn *syn)
{
    for (size_t i = 0; i < NET_RECENT; i++) {
        const struct net_recent *recent = &gate->recent[i];
        if (recent->client_port == syn->client_port && recent->sequence == syn->sequence &&
            address_equal(&recent->client, &syn->client))
            return true;
    }
    gate->recent[gate->recent_next++ % NET_RECENT] =
        (struct net_recent){syn->client, syn->client_port, syn->sequence};
    return false;
}

/* ---- answering */

static void net_gate_send_v4(const struct net_gate *gate, const struct net_syn *syn,
                             struct slice packet)
{
    struct sockaddr_storage to;
    socklen_t len = address_to_socket(&syn->client, 0, &to);
    /* A network that cannot take it is a network that says nothing. */
    (void)!sendto(gate->raw4_out, packet.data, packet.len, MSG_DONTWAIT, (struct sockaddr *)&to,
                  len);
}

/* The kernel makes the header; the source is the address that was dialled. */
static void net_gate_send_v6(int fd, const struct net_syn *syn, struct slice payload)
{
    struct sockaddr_storage to;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    } control = {0};
    char bytes[NET_ANSWER_BYTES_MAX];
    struct iovec iov = {.iov_base = bytes, .iov_len = payload.len};
    struct msghdr message = {.msg_name = &to,
                             .msg_namelen = address_to_socket(&syn->client, 0, &to),
                             .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct in6_pktinfo info = {0};
    memcpy(bytes, payload.data, payload.len);
    memcpy(&info.ipi6_addr, syn->server.bytes, sizeof info.ipi6_addr);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IPV6;
    header->cmsg_type = IPV6_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(header), &info, sizeof info);
    (void)!sendmsg(fd, &message, MSG_DONTWAIT);
}

static void net_gate_take(struct net_gate *gate, const struct net_syn *syn)
{
    const struct net_gate_options *options = &gate->options;
    enum net_condition_kind kind = options->condition(options->context, &syn->server);
    struct buf answer;
    if (kind == NET_OPEN)
        return;
    if (!net_gate_knows(gate, syn))
        options->turned_away(options->context, syn, kind);
    buf_init(&answer, NET_ANSWER_BYTES_MAX);
    net_answer_write(syn, kind, &answer);
    if (answer.len > 0 && address_is_ipv4(&syn->server))
        net_gate_send_v4(gate, syn, buf_slice(&answer));
    else if (answer.len > 0)
        net_gate_send_v6(kind == NET_REFUSED ? gate->raw6 : gate->icmp6, syn, buf_slice(&answer));
    buf_deinit(&answer);
}

/* ---- hearing */

static void net_gate_on_v4(evutil_socket_t fd, short what, void *context)
{
    char packet[NET_PACKET_BYTES_MAX];
    (void)what;
    for (int i = 0; i < NET_READS_AT_ONCE; i++) {
        struct net_syn syn;
        ssize_t got = recv(fd, packet, sizeof packet, MSG_DONTWAIT);
        if (got <= 0)
            return;
        if (net_syn_read_v4(slice_from(packet, (size_t)got), &syn) == 0)
            net_gate_take(context, &syn);
    }
}

/* The dialled address comes beside the packet. */
static bool net_gate_read_v6(int fd, struct net_syn *syn, bool *readable)
{
    char packet[NET_PACKET_BYTES_MAX];
    struct sockaddr_in6 from;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    } control = {0};
    struct iovec iov = {.iov_base = packet, .iov_len = sizeof packet};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct in6_pktinfo info;
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    *readable = false;
    if (got <= 0)
        return false;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != IPV6_PKTINFO)
        return true;
    memcpy(&info, CMSG_DATA(header), sizeof info);
    memcpy(syn->server.bytes, &info.ipi6_addr, sizeof syn->server.bytes);
    memcpy(syn->client.bytes, &from.sin6_addr, sizeof syn->client.bytes);
    *readable = net_syn_read(slice_from(packet, (size_t)got), syn) == 0;
    return true;
}

static void net_gate_on_v6(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    for (int i = 0; i < NET_READS_AT_ONCE; i++) {
        struct net_syn syn;
        bool readable;
        if (!net_gate_read_v6(fd, &syn, &readable))
            return;
        if (readable)
            net_gate_take(context, &syn);
    }
}

/* ---- the gate */

static int net_gate_socket(int family, int protocol, struct err *err)
{
    int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        err_set_errno(err, "a raw socket cannot be made");
    return fd;
}

static int net_gate_open_v4(struct net_gate *gate, struct event_base *base, struct err *err)
{
    gate->raw4 = net_gate_socket(AF_INET, IPPROTO_TCP, err);
    gate->raw4_out = gate->raw4 >= 0 ? net_gate_socket(AF_INET, IPPROTO_RAW, err) : -1;
    if (gate->raw4_out < 0 || net_filter_syns(gate->raw4, true, err) != 0)
        return -1;
    gate->reading4 = event_new(base, gate->raw4, EV_READ | EV_PERSIST, net_gate_on_v4, gate);
    return event_add(gate->reading4, NULL);
}

/* A machine without IPv6 does without. */
static int net_gate_open_v6(struct net_gate *gate, struct event_base *base, struct err *err)
{
    int on = 1;
    int checksum_at = NET_TCP_CHECKSUM_AT;
    gate->raw6 = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (gate->raw6 < 0 && errno == EAFNOSUPPORT)
        return 0;
    gate->icmp6 = net_gate_socket(AF_INET6, IPPROTO_ICMPV6, err);
    if (gate->raw6 < 0 || gate->icmp6 < 0 || net_filter_syns(gate->raw6, false, err) != 0)
        return -1;
    if (setsockopt(gate->raw6, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) != 0 ||
        setsockopt(gate->raw6, IPPROTO_IPV6, IPV6_CHECKSUM, &checksum_at, sizeof checksum_at) != 0)
        return err_set_errno(err, "a raw socket for IPv6 cannot be set up");
    gate->reading6 = event_new(base, gate->raw6, EV_READ | EV_PERSIST, net_gate_on_v6, gate);
    return event_add(gate->reading6, NULL);
}

struct net_gate *net_gate_open(struct event_base *base, const struct net_gate_options *options,
                               struct err *err)
{
    struct net_gate *gate = mem_alloc(sizeof *gate);
    *gate =
        (struct net_gate){.options = *options, .raw4 = -1, .raw4_out = -1, .raw6 = -1, .icmp6 = -1};
    if (gate->options.listener_count > NET_GATE_LISTENERS_MAX)
        gate->options.listener_count = NET_GATE_LISTENERS_MAX;
    memcpy(gate->listeners, options->listeners,
           gate->options.listener_count * sizeof gate->listeners[0]);
    if (net_gate_open_v4(gate, base, err) != 0 || net_gate_open_v6(gate, base, err) != 0)
        net_gate_close(&gate);
    return gate;
}

void net_gate_close(struct net_gate **gate_at)
{
    struct net_gate *gate = *gate_at;
    if (gate == NULL)
        return;
    *gate_at = NULL;
    if (gate->reading4 != NULL)
        event_free(gate->reading4);
    if (gate->reading6 != NULL)
        event_free(gate->reading6);
    const int fds[] = {gate->raw4, gate->raw4_out, gate->raw6, gate->icmp6};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    free(gate);
}

int net_gate_shut(struct net_gate *gate, const struct address *addresses, size_t count,
                  struct err *err)
{
    for (size_t i = 0; i < gate->options.listener_count; i++) {
        if (net_filter_shut(gate->listeners[i], addresses, count, err) != 0)
            return -1;
    }
    return 0;
}
