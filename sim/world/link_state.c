#include "sim/world/link_state.h"

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "mta-under-test/base/poison.h"

enum { LINK_ANSWER_BYTES = 16 * 1024 };

struct link_request {
    struct nlmsghdr header;
    struct ifinfomsg link;
};

/* The attribute IFLA_OPERSTATE of an answer of `len` bytes, or -1. */
static int link_state_of(const char *answer, size_t len)
{
    size_t at = NLMSG_SPACE(sizeof(struct ifinfomsg));
    struct rtattr attribute;
    while (at + sizeof attribute <= len) {
        memcpy(&attribute, answer + at, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || at + attribute.rta_len > len)
            return -1;
        if (attribute.rta_type == IFLA_OPERSTATE && attribute.rta_len > sizeof attribute)
            return (unsigned char)answer[at + sizeof attribute];
        at += RTA_ALIGN((size_t)attribute.rta_len);
    }
    return -1;
}

int link_state_is_up(int netlink_fd, int index, bool *up, struct err *err)
{
    _Alignas(8) static char answer[LINK_ANSWER_BYTES];
    const struct link_request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = RTM_GETLINK,
                   .nlmsg_flags = NLM_F_REQUEST},
        .link = {.ifi_family = AF_UNSPEC, .ifi_index = index},
    };
    if (send(netlink_fd, &request, sizeof request, 0) != (ssize_t)sizeof request)
        return err_set_errno(err, "the state of an interface cannot be asked for");
    ssize_t len = recv(netlink_fd, answer, sizeof answer, 0);
    struct nlmsghdr header = {0};
    if (len >= (ssize_t)sizeof header)
        memcpy(&header, answer, sizeof header);
    if (header.nlmsg_type != RTM_NEWLINK)
        return err_set(err, "the kernel does not tell the state of an interface");
    *up = link_state_of(answer, (size_t)len) == IF_OPER_UP;
    return 0;
}
