#include "sim/world/outage.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/world/network.h"
#include "sim/world/network_request.h"

#include "mta-under-test/base/poison.h"

/* Of no interface in the world. */
static const unsigned char MAC_NOBODY[6] = {2, 0, 0, 0, 0, 0xff};

/* A netlink socket in the network of the server under test. */
static int open_in_mta(struct netlink *netlink, int mta_fd, struct err *err)
{
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0)
        return err_set_errno(err, "/proc/self/ns/net: cannot be opened");
    int result = setns(mta_fd, CLONE_NEWNET) == 0
                     ? netlink_open(netlink, err)
                     : err_set_errno(err, "the server's network cannot be entered");
    if (setns(own, CLONE_NEWNET) != 0)
        abort(); /* everything after this would happen in the wrong network */
    close(own);
    return result;
}

static bool is_there(const struct address *address)
{
    return address_is_ipv4(address) || network_has_ipv6();
}

/* ---- silence */

static int silence_internet(const struct outage *outage, const unsigned char mac[6],
                            struct err *err)
{
    struct netlink netlink;
    if (netlink_open(&netlink, err) != 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < outage->mta_count && result == 0; i++) {
        if (is_there(&outage->mta[i]))
            result =
                network_neighbour_set(&netlink, NETWORK_INTERNET_INDEX, &outage->mta[i], mac, err);
    }
    if (result == 0)
        result = netlink_flush(&netlink, err);
    netlink_close(&netlink);
    return result;
}

static int silence_mta(const struct outage *outage, const unsigned char mac[6], struct err *err)
{
    static const char *const GATEWAYS[] = {NETWORK_GATEWAY_V4, NETWORK_GATEWAY_V6};
    struct netlink netlink;
    if (open_in_mta(&netlink, outage->mta_fd, err) != 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < sizeof GATEWAYS / sizeof GATEWAYS[0] && result == 0; i++) {
        struct address gateway;
        if (address_from_text(slice_of(GATEWAYS[i]), &gateway) != 0)
            result = err_set(err, "%s: no address", GATEWAYS[i]);
        else if (is_there(&gateway))
            result = network_neighbour_set(&netlink, NETWORK_MTA_INDEX, &gateway, mac, err);
    }
    if (result == 0)
        result = netlink_flush(&netlink, err);
    netlink_close(&netlink);
    return result;
}

/* ---- no route */

/* More specific than the default route, whose metric no other can beat. */
static const char *const HALVES[] = {"0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"};

static int change_route(struct netlink *netlink, const struct prefix *to, bool add, struct err *err)
{
    bool ipv4 = address_is_ipv4(&to->address);
    if (netlink_begin(netlink, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NETWORK_CREATE : 0,
                      "a route to nowhere", err) != 0)
        return -1;
    struct rtmsg message = {
        .rtm_family = network_family_of(&to->address),
        .rtm_dst_len = (unsigned char)(to->bits - (ipv4 ? 96 : 0)),
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_type = RTN_UNREACHABLE,
        .rtm_scope = RT_SCOPE_UNIVERSE,
    };
    netlink_add(netlink, &message, sizeof message);
    network_attribute_address(netlink, RTA_DST, &to->address);
    netlink_end(netlink);
    return 0;
}

static int change_routes(const struct outage *outage, bool add, struct err *err)
{
    struct netlink netlink;
    if (open_in_mta(&netlink, outage->mta_fd, err) != 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < sizeof HALVES / sizeof HALVES[0] && result == 0; i++) {
        struct prefix half;
        if (prefix_from_text(slice_of(HALVES[i]), &half) != 0)
            result = err_set(err, "%s is no prefix", HALVES[i]);
        else if (is_there(&half.address))
            result = change_route(&netlink, &half, add, err);
    }
    if (result == 0)
        result = netlink_flush(&netlink, err);
    netlink_close(&netlink);
    return result;
}

/* ---- */

int outage_begin(const struct outage *outage, struct err *err)
{
    if (outage->kind == OUTAGE_UNREACHABLE)
        return change_routes(outage, true, err);
    return silence_mta(outage, MAC_NOBODY, err) == 0 ? silence_internet(outage, MAC_NOBODY, err)
                                                     : -1;
}

int outage_end(const struct outage *outage, struct err *err)
{
    if (outage->kind == OUTAGE_UNREACHABLE)
        return change_routes(outage, false, err);
    return silence_mta(outage, NETWORK_MAC_INTERNET, err) == 0
               ? silence_internet(outage, NETWORK_MAC_MTA, err)
               : -1;
}
