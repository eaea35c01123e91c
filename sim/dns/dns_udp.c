#include "sim/dns/dns_udp.h"

#include <event2/event.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

enum {
    DNS_UDP_BATCH = 32,
    DNS_UDP_BATCHES_MAX = 8, /* in a row, before others have their turn */
    DNS_UDP_QUERY_BYTES = 4096,
    DNS_UDP_REPLY_BYTES = 4096,
    DNS_UDP_CONTROL_BYTES = 64,
};

/* One datagram, in or out. */
struct dns_datagram {
    struct sockaddr_storage peer;
    struct iovec part;
    _Alignas(struct cmsghdr) char control[DNS_UDP_CONTROL_BYTES];
    char bytes[DNS_UDP_QUERY_BYTES];
};

struct dns_udp {
    struct dns_service *service;
    int fd;
    struct event *readable;
    struct mmsghdr in_headers[DNS_UDP_BATCH];
    struct mmsghdr out_headers[DNS_UDP_BATCH];
    struct dns_datagram in[DNS_UDP_BATCH];
    struct dns_datagram out[DNS_UDP_BATCH];
    unsigned out_count;
};

/* ---- the address that was asked */

/* From the kernel's note on a datagram; false if there is none. */
static bool dns_udp_asked(struct msghdr *header, struct address *server)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            const struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr = info.ipi_addr};
            uint16_t port;
            address_from_socket((const struct sockaddr *)&sa, server, &port);
            return true;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            memcpy(server->bytes, &info.ipi6_addr, sizeof server->bytes);
            return true;
        }
    }
    return false;
}

static void dns_udp_answer_from(struct msghdr *header, const struct address *server)
{
    struct sockaddr_storage sa;
    address_to_socket(server, 0, &sa);
    struct in_pktinfo info4 = {0};
    struct in6_pktinfo info6 = {0};
    bool ipv4 = sa.ss_family == AF_INET;
    if (ipv4)
        info4.ipi_spec_dst = ((const struct sockaddr_in *)(const void *)&sa)->sin_addr;
    else
        memcpy(&info6.ipi6_addr, server->bytes, sizeof info6.ipi6_addr);
    size_t len = ipv4 ? sizeof info4 : sizeof info6;
    header->msg_controllen = CMSG_SPACE(len);
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
    c->cmsg_type = ipv4 ? IP_PKTINFO : IPV6_PKTINFO;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), ipv4 ? (const void *)&info4 : (const void *)&info6, len);
}

/* ---- sending */

/* What the kernel does not take is lost, as datagrams are. */
static void dns_udp_flush(struct dns_udp *udp)
{
    unsigned sent = 0;
    while (sent < udp->out_count) {
        int n = sendmmsg(udp->fd, udp->out_headers + sent, udp->out_count - sent, MSG_DONTWAIT);
        /* The first of them failed: it alone is left out. */
        sent += n > 0 ? (unsigned)n : 1;
    }
    udp->out_count = 0;
}

static void dns_udp_send(void *context, const struct dns_peer *peer, struct slice reply)
{
    struct dns_udp *udp = context;
    if (reply.len > DNS_UDP_REPLY_BYTES)
        return;
    struct dns_datagram *out = &udp->out[udp->out_count];
    struct msghdr *header = &udp->out_headers[udp->out_count].msg_hdr;
    memcpy(out->bytes, reply.data, reply.len);
    out->part = (struct iovec){.iov_base = out->bytes, .iov_len = reply.len};
    *header =
        (struct msghdr){.msg_name = &out->peer,
                        .msg_namelen = address_to_socket(&peer->client, peer->port, &out->peer),
                        .msg_iov = &out->part,
                        .msg_iovlen = 1,
                        .msg_control = out->control,
                        .msg_controllen = sizeof out->control};
    dns_udp_answer_from(header, &peer->server);
    if (++udp->out_count == DNS_UDP_BATCH)
        dns_udp_flush(udp);
}

static void dns_udp_send_now(void *context, const struct dns_peer *peer, struct slice reply)
{
    dns_udp_send(context, peer, reply);
    dns_udp_flush(context);
}

/* ---- receiving */

static void dns_udp_query(struct dns_udp *udp, struct dns_datagram *in, struct msghdr *header,
                          size_t len)
{
    struct dns_peer peer;
    struct dns_outcome outcome;
    if (!dns_udp_asked(header, &peer.server))
        return;
    address_from_socket((const struct sockaddr *)&in->peer, &peer.client, &peer.port);
    /* No answer can be given to port 0. */
    if (peer.port == 0)
        return;
    dns_service_answer(udp->service, slice_from(in->bytes, len), false, &peer, &outcome);
    if (outcome.action != DNS_ACTION_REPLY)
        return;
    if (outcome.delay_us > 0)
        dns_service_delay(udp->service, &outcome, &peer, dns_udp_send_now, udp);
    else
        dns_udp_send(udp, &peer, outcome.reply);
}

static void dns_udp_readable(evutil_socket_t fd, short what, void *context)
{
    struct dns_udp *udp = context;
    (void)what;
    for (int batch = 0; batch < DNS_UDP_BATCHES_MAX; batch++) {
        for (size_t i = 0; i < DNS_UDP_BATCH; i++) {
            struct dns_datagram *in = &udp->in[i];
            in->part = (struct iovec){.iov_base = in->bytes, .iov_len = sizeof in->bytes};
            udp->in_headers[i].msg_hdr = (struct msghdr){.msg_name = &in->peer,
                                                         .msg_namelen = sizeof in->peer,
                                                         .msg_iov = &in->part,
                                                         .msg_iovlen = 1,
                                                         .msg_control = in->control,
                                                         .msg_controllen = sizeof in->control};
        }
        int count = recvmmsg(fd, udp->in_headers, DNS_UDP_BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++)
            dns_udp_query(udp, &udp->in[i], &udp->in_headers[i].msg_hdr,
                          udp->in_headers[i].msg_len);
        dns_udp_flush(udp);
        if (count < DNS_UDP_BATCH)
            return;
    }
}

struct dns_udp *dns_udp_open(struct dns_service *service, int fd, struct err *err)
{
    struct dns_udp *udp = mem_alloc(sizeof *udp);
    const int on = 1;
    const int buffer = 1 << 20;
    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof sa;
    udp->service = service;
    udp->fd = fd;
    udp->readable = event_new(service->base, fd, EV_READ | EV_PERSIST, dns_udp_readable, udp);
    bool ok = getsockname(fd, (struct sockaddr *)&sa, &len) == 0;
    if (ok && sa.ss_family == AF_INET)
        ok = setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0;
    else if (ok)
        ok = setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0;
    /* More is better, but not needed. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (!ok || udp->readable == NULL || event_add(udp->readable, NULL) != 0) {
        err_set_errno(err, "DNS over UDP");
        dns_udp_close(&udp);
    }
    return udp;
}

void dns_udp_close(struct dns_udp **udp)
{
    if (*udp == NULL)
        return;
    dns_service_forget((*udp)->service, *udp);
    if ((*udp)->readable != NULL)
        event_free((*udp)->readable);
    close((*udp)->fd);
    free(*udp);
    *udp = NULL;
}
