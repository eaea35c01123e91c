#include "sim/dns/dns_unbound.h"

#include "sim/dns/dns_sign.h"

#include "mta-under-test/base/poison.h"

const char *const DNS_UNBOUND_PACKAGES[] = {"unbound", NULL};
const char *const DNS_UNBOUND_LIBRARIES[] = {"libevent-2.1-7",
                                             "libnghttp2-14",
                                             "libprotobuf-c1",
                                             "libpython3.11",
                                             "libssl3",
                                             "libsystemd0",
                                             NULL};

/* It follows only the root's server that it is told, keeps the case of names mixed (0x20), and says
 * in its log why something did not validate. */
static const char SETTINGS[] = "server:\n"
                               "  directory: \"/\"\n"
                               "  chroot: \"\"\n"
                               "  username: \"\"\n"
                               "  pidfile: \"\"\n"
                               "  do-daemonize: no\n"
                               "  use-syslog: no\n"
                               "  logfile: \"\"\n"
                               "  verbosity: 1\n"
                               "  val-log-level: 2\n"
                               "  module-config: \"validator iterator\"\n"
                               "  use-caps-for-id: yes\n"
                               "  unblock-lan-zones: yes\n"
                               "  insecure-lan-zones: yes\n"
                               "  interface: " DNS_UNBOUND_IPV4 "\n";

/* Zones that exist nowhere in earnest (RFC 6303, RFC 6761), so that Unbound denies them unasked. */
static const char *const UNUSUAL_ZONES[] = {
    "test",
    "invalid",
    "2.0.192.in-addr.arpa",
    "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
};

/* True if a zone above it is signed: the chain of trust then starts there. */
static bool dns_zone_has_signed_parent(const struct dns_model *model, const struct dns_zone *zone)
{
    while (zone != model->root) {
        zone = dns_model_find_zone(model, zone->origin, true);
        if (zone->is_signed)
            return true;
    }
    return false;
}

static void dns_unbound_add_anchors(const struct dns_model *model, struct buf *out)
{
    for (struct map_entry *entry = map_first(&model->zones); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_zone *zone = map_value(entry);
        if (!zone->is_signed || zone->ds == DNS_DS_MISSING ||
            dns_zone_has_signed_parent(model, zone))
            continue;
        buf_add_text(out, "  trust-anchor: \"");
        dns_zone_ds_to_text(zone, out);
        buf_add_text(out, "\"\n");
    }
}

void dns_unbound_configure(const struct dns_model *model, bool ipv6, struct buf *out)
{
    buf_add_text(out, SETTINGS);
    if (ipv6)
        buf_add_text(out, "  interface: " DNS_UNBOUND_IPV6 "\n");
    buf_format(out, "  do-ip6: %s\n", ipv6 ? "yes" : "no");
    for (size_t i = 0; i < sizeof UNUSUAL_ZONES / sizeof UNUSUAL_ZONES[0]; i++)
        buf_format(out, "  local-zone: \"%s.\" nodefault\n", UNUSUAL_ZONES[i]);
    dns_unbound_add_anchors(model, out);
    buf_add_text(out, "stub-zone:\n  name: \".\"\n  stub-addr: " DNS_ROOT_IPV4 "\n");
    if (ipv6)
        buf_add_text(out, "  stub-addr: " DNS_ROOT_IPV6 "\n");
}
