#include "sim/world/netlink.h"

#include <assert.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

int netlink_open(struct netlink *netlink, struct err *err)
{
    memset(netlink, 0, sizeof *netlink);
    netlink->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink->fd < 0)
        return err_set_errno(err, "cannot open a netlink socket");
    /* Acknowledgements without a copy of the request: then a whole batch of them fits. */
    int on = 1;
    if (setsockopt(netlink->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) != 0) {
        netlink_close(netlink);
        return err_set_errno(err, "cannot set up a netlink socket");
    }
    return 0;
}

void netlink_close(struct netlink *netlink)
{
    if (netlink->fd >= 0)
        close(netlink->fd);
    netlink->fd = -1;
}

static struct nlmsghdr *open_message(struct netlink *netlink)
{
    return (struct nlmsghdr *)(void *)(netlink->batch + netlink->message);
}

void netlink_add(struct netlink *netlink, const void *data, size_t len)
{
    size_t padded = NLMSG_ALIGN(len);
    assert(netlink->used + padded <= sizeof netlink->batch);
    memset(netlink->batch + netlink->used, 0, padded);
    if (len > 0)
        memcpy(netlink->batch + netlink->used, data, len);
    netlink->used += padded;
}

int netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags, const char *label,
                  struct err *err)
{
    bool full = netlink->count == NETLINK_BATCH_MAX ||
                netlink->used + NETLINK_MESSAGE_BYTES_MAX > sizeof netlink->batch;
    if (full && netlink_flush(netlink, err) != 0)
        return -1;
    netlink->message = netlink->used;
    netlink->labels[netlink->count++] = label;
    struct nlmsghdr header = {
        .nlmsg_type = type,
        .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags),
        .nlmsg_seq = ++netlink->seq,
    };
    if (netlink->count == 1)
        netlink->first_seq = netlink->seq;
    netlink_add(netlink, &header, sizeof header);
    return 0;
}

void netlink_attribute(struct netlink *netlink, uint16_t type, const void *data, size_t len)
{
    struct rtattr attribute = {.rta_len = (unsigned short)RTA_LENGTH(len), .rta_type = type};
    netlink_add(netlink, &attribute, sizeof attribute);
    netlink_add(netlink, data, len);
}

void netlink_attribute_u32(struct netlink *netlink, uint16_t type, uint32_t value)
{
    netlink_attribute(netlink, type, &value, sizeof value);
}

void netlink_attribute_text(struct netlink *netlink, uint16_t type, const char *text)
{
    netlink_attribute(netlink, type, text, strlen(text) + 1);
}

size_t netlink_nest_begin(struct netlink *netlink, uint16_t type)
{
    size_t mark = netlink->used;
    netlink_attribute(netlink, type, NULL, 0);
    return mark;
}

void netlink_nest_end(struct netlink *netlink, size_t mark)
{
    struct rtattr *attribute = (struct rtattr *)(void *)(netlink->batch + mark);
    attribute->rta_len = (unsigned short)(netlink->used - mark);
}

void netlink_end(struct netlink *netlink)
{
    open_message(netlink)->nlmsg_len = (uint32_t)(netlink->used - netlink->message);
}

/* NLMSG_NEXT() without its cast from bytes; messages stand at multiples of four. */
static struct nlmsghdr *next_message(struct nlmsghdr *header, size_t *left)
{
    size_t len = NLMSG_ALIGN(header->nlmsg_len);
    *left = len < *left ? *left - len : 0;
    return (struct nlmsghdr *)(void *)((char *)header + len);
}

/* Reads one packet of acknowledgements; returns how many it had, -1 at the first refusal. */
static int read_acknowledgements(struct netlink *netlink, struct err *err)
{
    _Alignas(struct nlmsghdr) char packet[8192];
    ssize_t len = recv(netlink->fd, packet, sizeof packet, 0);
    if (len < 0)
        return errno == EINTR ? 0 : err_set_errno(err, "cannot read from netlink");
    int seen = 0;
    size_t left = (size_t)len;
    struct nlmsghdr *header = (struct nlmsghdr *)(void *)packet;
    for (; NLMSG_OK(header, left); header = next_message(header, &left)) {
        if (header->nlmsg_type != NLMSG_ERROR)
            continue;
        seen++;
        const struct nlmsgerr *answer = (const struct nlmsgerr *)NLMSG_DATA(header);
        if (answer->error == 0)
            continue;
        uint32_t index = header->nlmsg_seq - netlink->first_seq;
        errno = -answer->error;
        return err_set_errno(err, "the kernel refused: %s",
                             index < netlink->count ? netlink->labels[index] : "a network request");
    }
    return seen;
}

int netlink_flush(struct netlink *netlink, struct err *err)
{
    if (netlink->count == 0)
        return 0;
    ssize_t sent = send(netlink->fd, netlink->batch, netlink->used, 0);
    if (sent != (ssize_t)netlink->used)
        return err_set_errno(err, "cannot write to netlink");
    for (unsigned seen = 0; seen < netlink->count;) {
        int more = read_acknowledgements(netlink, err);
        if (more < 0)
            return -1;
        seen += (unsigned)more;
    }
    netlink->used = 0;
    netlink->count = 0;
    return 0;
}
