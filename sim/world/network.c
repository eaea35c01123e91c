#include "sim/world/network.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/world/link_state.h"
#include "sim/world/network_request.h"
#include "sim/world/sysctl.h"

#include "mta-under-test/base/poison.h"

enum { LOOPBACK_INDEX = 1, INTERNET_INDEX = NETWORK_INTERNET_INDEX, MTA_INDEX = NETWORK_MTA_INDEX };

enum { RUNNING_TRIES_MAX = 20000, RUNNING_PAUSE_US = 100 };

static const char *const ANYIP[] = {"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
                                    "2001:db8::/32"};

/* One route: `to` is local here, or goes out of `link`, through `gateway` if that is set. */
struct route {
    struct prefix to;
    unsigned char type; /* RTN_LOCAL or RTN_UNICAST */
    unsigned char table;
    int link;
    const struct address *gateway;
    const struct address *source; /* preferred source address */
    const char *label;
};

struct network {
    const struct network_options *options;
    struct netlink internet;
    struct netlink mta;
    struct address gateway_v4;
    struct address gateway_v6;
    bool has_ipv6;
};

bool network_has_ipv6(void)
{
    return access("/proc/sys/net/ipv6", F_OK) == 0;
}

bool network_is_anyip(const struct address *address)
{
    for (size_t i = 0; i < sizeof ANYIP / sizeof ANYIP[0]; i++) {
        struct prefix prefix;
        if (prefix_from_text(slice_of(ANYIP[i]), &prefix) == 0 && prefix_holds(&prefix, address))
            return true;
    }
    return false;
}

/* ---- requests */

/* The kernel keeps an IPv6 route of its own for ::1, with a metric that no request can replace; it
 * must go before ours counts. */
static int route_delete(struct netlink *netlink, const struct route *route, struct err *err)
{
    if (netlink_begin(netlink, RTM_DELROUTE, 0, route->label, err) != 0)
        return -1;
    struct rtmsg message = {.rtm_family = AF_INET6,
                            .rtm_dst_len = (unsigned char)route->to.bits,
                            .rtm_table = route->table,
                            .rtm_type = RTN_LOCAL,
                            .rtm_scope = RT_SCOPE_NOWHERE};
    netlink_add(netlink, &message, sizeof message);
    network_attribute_address(netlink, RTA_DST, &route->to.address);
    netlink_end(netlink);
    return 0;
}

static int route_add(struct netlink *netlink, const struct route *route, struct err *err)
{
    if (netlink_begin(netlink, RTM_NEWROUTE, NETWORK_CREATE, route->label, err) != 0)
        return -1;
    bool ipv4 = address_is_ipv4(&route->to.address);
    struct rtmsg message = {
        .rtm_family = ipv4 ? AF_INET : AF_INET6,
        .rtm_dst_len = (unsigned char)(route->to.bits - (ipv4 ? 96 : 0)),
        .rtm_table = route->table,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_type = route->type,
        .rtm_scope = route->type == RTN_LOCAL ? RT_SCOPE_HOST
                     : route->gateway != NULL ? RT_SCOPE_UNIVERSE
                                              : RT_SCOPE_LINK,
        .rtm_flags = route->gateway != NULL ? RTNH_F_ONLINK : 0,
    };
    netlink_add(netlink, &message, sizeof message);
    if (message.rtm_dst_len > 0)
        network_attribute_address(netlink, RTA_DST, &route->to.address);
    netlink_attribute_u32(netlink, RTA_OIF, (uint32_t)route->link);
    if (route->gateway != NULL)
        network_attribute_address(netlink, RTA_GATEWAY, route->gateway);
    if (route->source != NULL)
        network_attribute_address(netlink, RTA_PREFSRC, route->source);
    size_t metrics = netlink_nest_begin(netlink, RTA_METRICS);
    netlink_attribute_u32(netlink, RTAX_QUICKACK, 1);
    netlink_nest_end(netlink, metrics);
    netlink_end(netlink);
    return 0;
}

static int address_add(struct netlink *netlink, int link, const struct address *address,
                       struct err *err)
{
    if (netlink_begin(netlink, RTM_NEWADDR, NETWORK_CREATE, "an address of the world", err) != 0)
        return -1;
    struct ifaddrmsg message = {
        .ifa_family = network_family_of(address),
        .ifa_prefixlen = address_is_ipv4(address) ? 32 : 128,
        .ifa_flags = IFA_F_NODAD | IFA_F_PERMANENT,
        .ifa_scope = RT_SCOPE_UNIVERSE,
        .ifa_index = (uint32_t)link,
    };
    netlink_add(netlink, &message, sizeof message);
    network_attribute_address(netlink, IFA_LOCAL, address);
    network_attribute_address(netlink, IFA_ADDRESS, address);
    netlink_end(netlink);
    return 0;
}

static int link_up(struct netlink *netlink, int link, struct err *err)
{
    if (netlink_begin(netlink, RTM_NEWLINK, 0, "an interface of the world", err) != 0)
        return -1;
    /* IFF_NOARP: no ARP, and no multicast reports of IPv6 addresses. */
    struct ifinfomsg message = {.ifi_family = AF_UNSPEC,
                                .ifi_index = link,
                                .ifi_flags = IFF_UP | IFF_NOARP,
                                .ifi_change = IFF_UP | IFF_NOARP};
    netlink_add(netlink, &message, sizeof message);
    netlink_end(netlink);
    return 0;
}

/* One segment a packet: else the pair would carry "packets" of 64 kB, as no wire does, and the
 * capture's ring would need room for such a one in each slot. */
static int pair_add(struct netlink *netlink, int mta_fd, struct err *err)
{
    if (netlink_begin(netlink, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
                      "a pair of interfaces (veth)", err) != 0)
        return -1;
    struct ifinfomsg message = {.ifi_family = AF_UNSPEC, .ifi_index = INTERNET_INDEX};
    netlink_add(netlink, &message, sizeof message);
    netlink_attribute_text(netlink, IFLA_IFNAME, NETWORK_INTERNET_LINK);
    netlink_attribute(netlink, IFLA_ADDRESS, NETWORK_MAC_INTERNET, sizeof NETWORK_MAC_INTERNET);
    netlink_attribute_u32(netlink, IFLA_GSO_MAX_SEGS, 1);
    size_t info = netlink_nest_begin(netlink, IFLA_LINKINFO);
    netlink_attribute_text(netlink, IFLA_INFO_KIND, "veth");
    size_t data = netlink_nest_begin(netlink, IFLA_INFO_DATA);
    size_t peer = netlink_nest_begin(netlink, VETH_INFO_PEER);
    message.ifi_index = MTA_INDEX;
    netlink_add(netlink, &message, sizeof message);
    netlink_attribute_text(netlink, IFLA_IFNAME, NETWORK_MTA_LINK);
    netlink_attribute(netlink, IFLA_ADDRESS, NETWORK_MAC_MTA, sizeof NETWORK_MAC_MTA);
    netlink_attribute_u32(netlink, IFLA_GSO_MAX_SEGS, 1);
    netlink_attribute_u32(netlink, IFLA_NET_NS_FD, (uint32_t)mta_fd);
    netlink_nest_end(netlink, peer);
    netlink_nest_end(netlink, data);
    netlink_nest_end(netlink, info);
    netlink_end(netlink);
    return netlink_flush(netlink, err);
}

/* ---- the two namespaces */

/* The loopback addresses, acknowledging at once. */
static int loopback_build(struct netlink *netlink, bool has_ipv6, struct err *err)
{
    static const char *const PREFIXES[] = {"127.0.0.0/8", "127.0.0.1/32", "::1/128"};
    if (link_up(netlink, LOOPBACK_INDEX, err) != 0)
        return -1;
    for (size_t i = 0; i < (has_ipv6 ? 3 : 2); i++) {
        struct route route = {.type = RTN_LOCAL,
                              .table = RT_TABLE_LOCAL,
                              .link = LOOPBACK_INDEX,
                              .label = "a route of the loopback interface"};
        if (prefix_from_text(slice_of(PREFIXES[i]), &route.to) != 0)
            return err_set(err, "%s is no prefix", PREFIXES[i]);
        if (i == 2 && route_delete(netlink, &route, err) != 0)
            return -1;
        if (route_add(netlink, &route, err) != 0)
            return -1;
    }
    return 0;
}

static int default_route(struct network *network, const struct address *gateway,
                         const struct address *source, struct err *err)
{
    struct route route = {
        .to = {.address = *gateway, .bits = address_is_ipv4(gateway) ? 96 : 0},
        .type = RTN_UNICAST,
        .table = RT_TABLE_MAIN,
        .link = MTA_INDEX,
        .gateway = gateway,
        .source = source,
        .label = "the default route of the server under test",
    };
    if (network_neighbour_set(&network->mta, MTA_INDEX, gateway, NETWORK_MAC_INTERNET, err) != 0)
        return -1;
    return route_add(&network->mta, &route, err);
}

static int mta_build(struct network *network, struct err *err)
{
    struct netlink *netlink = &network->mta;
    if (loopback_build(netlink, network->has_ipv6, err) != 0)
        return -1;
    const struct address *first_v4 = NULL;
    const struct address *first_v6 = NULL;
    for (size_t i = 0; i < network->options->mta_count; i++) {
        const struct address *address = &network->options->mta[i];
        bool ipv4 = address_is_ipv4(address);
        if (!ipv4 && !network->has_ipv6)
            continue;
        struct route route = {.to = {*address, 128},
                              .type = RTN_LOCAL,
                              .table = RT_TABLE_LOCAL,
                              .link = ipv4 ? MTA_INDEX : LOOPBACK_INDEX,
                              .label = "a route of the server under test to itself"};
        if (address_add(netlink, MTA_INDEX, address, err) != 0 ||
            route_add(netlink, &route, err) != 0)
            return -1;
        const struct address **first = ipv4 ? &first_v4 : &first_v6;
        *first = *first == NULL ? address : *first;
    }
    if (first_v4 != NULL && default_route(network, &network->gateway_v4, first_v4, err) != 0)
        return -1;
    if (first_v6 != NULL && default_route(network, &network->gateway_v6, first_v6, err) != 0)
        return -1;
    return netlink_flush(netlink, err);
}

static int internet_add_local(struct network *network, struct prefix to, struct err *err)
{
    if (!address_is_ipv4(&to.address) && !network->has_ipv6)
        return 0;
    struct route route = {.to = to,
                          .type = RTN_LOCAL,
                          .table = RT_TABLE_LOCAL,
                          .link = LOOPBACK_INDEX,
                          .label = "a local route for simulated addresses (AnyIP)"};
    return route_add(&network->internet, &route, err);
}

/* The way to the addresses of the server under test. They stand in the table "local", which is
 * looked up first, since they may lie inside a prefix that is local as a whole. */
static int internet_add_mta(struct network *network, const struct address *address, struct err *err)
{
    bool ipv4 = address_is_ipv4(address);
    if (!ipv4 && !network->has_ipv6)
        return 0;
    struct route route = {.to = {*address, 128},
                          .type = RTN_UNICAST,
                          .table = RT_TABLE_LOCAL,
                          .link = INTERNET_INDEX,
                          .source = ipv4 ? &network->gateway_v4 : &network->gateway_v6,
                          .label = "the route to the server under test"};
    if (network_neighbour_set(&network->internet, INTERNET_INDEX, address, NETWORK_MAC_MTA, err) !=
        0)
        return -1;
    return route_add(&network->internet, &route, err);
}

static int internet_build(struct network *network, struct err *err)
{
    struct netlink *netlink = &network->internet;
    if (loopback_build(netlink, network->has_ipv6, err) != 0 ||
        address_add(netlink, INTERNET_INDEX, &network->gateway_v4, err) != 0)
        return -1;
    if (network->has_ipv6 && address_add(netlink, INTERNET_INDEX, &network->gateway_v6, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof ANYIP / sizeof ANYIP[0]; i++) {
        struct prefix prefix;
        if (prefix_from_text(slice_of(ANYIP[i]), &prefix) != 0)
            return err_set(err, "%s is no prefix", ANYIP[i]);
        if (internet_add_local(network, prefix, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < network->options->extra_count; i++) {
        struct prefix one = {network->options->extra[i], 128};
        if (internet_add_local(network, one, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < network->options->mta_count; i++)
        if (internet_add_mta(network, &network->options->mta[i], err) != 0)
            return -1;
    return netlink_flush(netlink, err);
}

/* Waits until an end of the pair can carry packets. The kernel gets there a moment after the
 * interface was switched on; what is sent before that is lost without a word, and a lost SYN comes
 * again after a whole second. */
static int await_running(const struct netlink *netlink, int index, const char *link,
                         struct err *err)
{
    for (int i = 0; i < RUNNING_TRIES_MAX; i++) {
        bool up = false;
        if (link_state_is_up(netlink->fd, index, &up, err) != 0)
            return -1;
        if (up)
            return 0;
        usleep(RUNNING_PAUSE_US);
    }
    return err_set(err, "the interface %s does not come up", link);
}

static int pair_up(struct network *network, struct err *err)
{
    if (link_up(&network->internet, INTERNET_INDEX, err) != 0 ||
        netlink_flush(&network->internet, err) != 0 ||
        link_up(&network->mta, MTA_INDEX, err) != 0 || netlink_flush(&network->mta, err) != 0)
        return -1;
    if (await_running(&network->internet, INTERNET_INDEX, NETWORK_INTERNET_LINK, err) != 0 ||
        await_running(&network->mta, MTA_INDEX, NETWORK_MTA_LINK, err) != 0)
        return -1;
    /* The kernel says "up" a moment before it lets packets out, both under one lock, which a
     * change takes too: this one, which changes nothing, comes back only after that moment. */
    if (link_up(&network->internet, INTERNET_INDEX, err) != 0 ||
        link_up(&network->mta, MTA_INDEX, err) != 0 || netlink_flush(&network->mta, err) != 0)
        return -1;
    return netlink_flush(&network->internet, err);
}

static int check_addresses(const struct network *network, struct err *err)
{
    for (size_t i = 0; i < network->options->mta_count; i++) {
        const struct address *address = &network->options->mta[i];
        if (address_equal(address, &network->gateway_v4) ||
            address_equal(address, &network->gateway_v6))
            return err_set(err,
                           "the server under test cannot have the address %s, which is its "
                           "gateway's; choose another one",
                           address_is_ipv4(address) ? NETWORK_GATEWAY_V4 : NETWORK_GATEWAY_V6);
    }
    return 0;
}

/* Opens "internet" behind the present namespace; the order matters: a netlink socket and the
 * sysctls belong to the namespace in which the process is at that moment. */
static int build_both(struct network *network, int mta_fd, struct err *err)
{
    if (sysctl_set_network(SYSCTL_MTA, err) != 0 || netlink_open(&network->mta, err) != 0)
        return -1;
    if (unshare(CLONE_NEWNET) != 0)
        return err_set_errno(err, "cannot make a network namespace");
    if (sysctl_set_network(SYSCTL_INTERNET, err) != 0 ||
        netlink_open(&network->internet, err) != 0 ||
        pair_add(&network->internet, mta_fd, err) != 0)
        return -1;
    if (pair_up(network, err) != 0 || mta_build(network, err) != 0)
        return -1;
    return internet_build(network, err);
}

int network_build(const struct network_options *options, int *mta_fd, struct err *err)
{
    struct network network = {.options = options, .has_ipv6 = network_has_ipv6()};
    network.internet.fd = network.mta.fd = -1;
    if (address_from_text(SLICE(NETWORK_GATEWAY_V4), &network.gateway_v4) != 0 ||
        address_from_text(SLICE(NETWORK_GATEWAY_V6), &network.gateway_v6) != 0)
        return err_set(err, "the gateway's address is none");
    if (check_addresses(&network, err) != 0)
        return -1;
    *mta_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (*mta_fd < 0)
        return err_set_errno(err, "cannot open /proc/self/ns/net");
    int result = build_both(&network, *mta_fd, err);
    netlink_close(&network.mta);
    netlink_close(&network.internet);
    if (result != 0) {
        close(*mta_fd);
        *mta_fd = -1;
    }
    return result;
}
