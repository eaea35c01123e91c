#include "sim/world/network_request.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "mta-under-test/base/poison.h"

const unsigned char NETWORK_MAC_INTERNET[6] = {2, 0, 0, 0, 0, 1};
const unsigned char NETWORK_MAC_MTA[6] = {2, 0, 0, 0, 0, 2};

unsigned char network_family_of(const struct address *address)
{
    return address_is_ipv4(address) ? AF_INET : AF_INET6;
}

void network_attribute_address(struct netlink *netlink, uint16_t type,
                               const struct address *address)
{
    size_t skip = address_is_ipv4(address) ? 12 : 0;
    netlink_attribute(netlink, type, address->bytes + skip, sizeof address->bytes - skip);
}

int network_neighbour_set(struct netlink *netlink, int link, const struct address *address,
                          const unsigned char mac[6], struct err *err)
{
    if (netlink_begin(netlink, RTM_NEWNEIGH, NETWORK_CREATE, "a fixed neighbour", err) != 0)
        return -1;
    struct ndmsg message = {
        .ndm_family = network_family_of(address), .ndm_ifindex = link, .ndm_state = NUD_PERMANENT};
    netlink_add(netlink, &message, sizeof message);
    network_attribute_address(netlink, NDA_DST, address);
    netlink_attribute(netlink, NDA_LLADDR, mac, 6);
    netlink_end(netlink);
    return 0;
}
