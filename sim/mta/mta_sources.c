#include "sim/mta/mta_sources.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

/* The addresses of that network, to be freed; NULL if they cannot be read. The calling process is
 * there only for a moment. */
static struct ifaddrs *sources_of_network(int network_fd)
{
    struct ifaddrs *all = NULL;
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0)
        return NULL;
    if (setns(network_fd, CLONE_NEWNET) == 0) {
        if (getifaddrs(&all) != 0)
            all = NULL;
        if (setns(own, CLONE_NEWNET) != 0)
            abort(); /* everything after this would happen in the wrong network */
    }
    close(own);
    return all;
}

/* False for what every interface has by itself: loopback and link-local (RFC 4291 2.5.6). */
static bool sources_is_own(const struct ifaddrs *entry, struct address *address)
{
    if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_LOOPBACK) != 0)
        return false;
    uint16_t port = 0;
    if (entry->ifa_addr->sa_family == AF_INET) {
        address_from_socket(entry->ifa_addr, address, &port);
        return true;
    }
    if (entry->ifa_addr->sa_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)entry->ifa_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
        return false;
    address_from_socket(entry->ifa_addr, address, &port);
    return true;
}

static int sources_differ(const struct address *address, const char *how, struct err *err)
{
    char text[ADDRESS_TEXT_BYTES];
    return err_set(err,
                   "the server under test has changed its addresses: %s is %s; what it shall have "
                   "stands in \"mta\": { \"sources\": [...] }",
                   address_to_text(address, text), how);
}

int mta_sources_check(int network_fd, const struct mta_settings *settings, struct err *err)
{
    struct ifaddrs *all = network_fd >= 0 ? sources_of_network(network_fd) : NULL;
    bool *seen = mem_alloc_array(settings->source_count, sizeof *seen);
    int result = 0;
    for (struct ifaddrs *entry = all; result == 0 && entry != NULL; entry = entry->ifa_next) {
        struct address address;
        bool known = false;
        if (!sources_is_own(entry, &address))
            continue;
        for (size_t i = 0; i < settings->source_count; i++) {
            bool same = address_equal(&address, &settings->sources[i]);
            seen[i] = seen[i] || same;
            known = known || same;
        }
        if (!known)
            result = sources_differ(&address, "new", err);
    }
    bool has_ipv6 = file_exists("/proc/sys/net/ipv6");
    for (size_t i = 0; all != NULL && result == 0 && i < settings->source_count; i++)
        if (!seen[i] && (has_ipv6 || address_is_ipv4(&settings->sources[i])))
            result = sources_differ(&settings->sources[i], "gone", err);
    freeifaddrs(all);
    free(seen);
    return result;
}
