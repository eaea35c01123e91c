#include "sim/world/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

struct setting {
    const char *path; /* below /proc/sys/net/ */
    const char *value;
    bool needed;
};

static const struct setting BOTH[] = {
    /* Any user may have port 25. */
    {"ipv4/ip_unprivileged_port_start", "0", true},
    /* Queues so large that no connection is ever put off: a lost SYN waits a real second. */
    {"core/somaxconn", "65535", true},
    {"ipv4/tcp_max_syn_backlog", "65535", false},
    {"ipv4/tcp_syncookies", "0", false},
    {"ipv4/tcp_abort_on_overflow", "0", false},
    /* The same flow of packets in each run. */
    {"ipv4/tcp_congestion_control", "reno", true},
    {"ipv4/tcp_moderate_rcvbuf", "0", true},
    {"ipv4/tcp_rmem", "4096 1048576 1048576", true},
    {"ipv4/tcp_wmem", "4096 1048576 1048576", true},
    {"ipv4/tcp_no_metrics_save", "1", false},
    {"ipv4/tcp_slow_start_after_idle", "0", false},
    {"ipv4/tcp_fastopen", "0", false},
    {"ipv4/tcp_tw_reuse", "1", false},
    {"ipv4/ip_local_port_range", "20000 65535", false},
    /* Errors come at once and every time. */
    {"ipv4/icmp_ratelimit", "0", false},
    {"ipv4/icmp_ratemask", "0", false},
    {"ipv6/icmp/ratelimit", "0", false},
    /* What comes in is not held against the routes. */
    {"ipv4/conf/all/rp_filter", "0", false},
    {"ipv4/conf/default/rp_filter", "0", false},
    /* IPv6 without a word that no program spoke. */
    {"ipv6/conf/default/disable_ipv6", "0", false},
    {"ipv6/conf/all/disable_ipv6", "0", false},
    {"ipv6/conf/default/accept_dad", "0", false},
    {"ipv6/conf/default/dad_transmits", "0", false},
    {"ipv6/conf/default/accept_ra", "0", false},
    {"ipv6/conf/default/router_solicitations", "0", false},
    {"ipv6/conf/default/addr_gen_mode", "1", false},
};

static const struct setting INTERNET[] = {
    /* A simulated host may bind an address that is only routed here. */
    {"ipv4/ip_nonlocal_bind", "1", true},
    {"ipv6/ip_nonlocal_bind", "1", false},
    /* There is nothing to forward to; but only a router says "unreachable" for an address that
     * nobody has, where another host would say nothing and let the client wait for minutes. */
    {"ipv4/ip_forward", "1", true},
};

/* 0, or -1 with errno. */
static int write_setting(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, value, strlen(value));
    int saved = errno;
    close(fd);
    errno = saved;
    return written < 0 ? -1 : 0;
}

static int set_all(const struct setting *settings, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        char path[128];
        snprintf(path, sizeof path, "/proc/sys/net/%s", settings[i].path);
        if (write_setting(path, settings[i].value) != 0 && settings[i].needed)
            return err_set_errno(err, "cannot set %s to %s", path, settings[i].value);
    }
    return 0;
}

int sysctl_set_network(enum sysctl_side side, struct err *err)
{
    if (set_all(BOTH, sizeof BOTH / sizeof BOTH[0], err) != 0)
        return -1;
    /* All groups may send pings; where only one group is mapped, that one. */
    const char *ping = "/proc/sys/net/ipv4/ping_group_range";
    if (write_setting(ping, "0 2147483647") != 0)
        (void)write_setting(ping, "0 0");
    if (side == SYSCTL_INTERNET)
        return set_all(INTERNET, sizeof INTERNET / sizeof INTERNET[0], err);
    return 0;
}
