#include "sim/dns/dns_lookup.h"

#include "mta-under-test/base/poison.h"

/* What a node that exists has for a type. */
static void dns_match_node(struct dns_found *found, uint16_t type)
{
    const struct dns_node *node = found->node;
    found->match = DNS_MATCH_NODATA;
    found->set = NULL;
    if (type == LDNS_RR_TYPE_ANY) {
        if (node != NULL && node->sets != NULL)
            found->match = DNS_MATCH_DATA;
        return;
    }
    found->set = dns_node_set(node, type);
    if (found->set != NULL) {
        found->match = DNS_MATCH_DATA;
        return;
    }
    found->set = dns_node_set(node, LDNS_RR_TYPE_CNAME);
    /* The proof beside a CNAME is about the CNAME's own name (RFC 4035 section 2.5). */
    if (found->set != NULL && type != LDNS_RR_TYPE_NSEC)
        found->match = DNS_MATCH_ALIAS;
}

static void dns_match_wildcard(struct dns_found *found, const struct dns_zone *zone, uint16_t type)
{
    struct dns_name wildcard;
    found->match = DNS_MATCH_NXDOMAIN;
    if (dns_name_wildcard(found->encloser, &wildcard) != 0)
        return;
    found->node = dns_zone_node(zone, dns_name_slice(&wildcard));
    if (found->node == NULL)
        return;
    found->wildcard = true;
    dns_match_node(found, type);
}

/* A DNAME redirects what stands below it, not its own name. */
static bool dns_match_subtree(struct dns_found *found, struct dns_node *node, bool above)
{
    struct dns_rrset *dname = above ? dns_node_set(node, LDNS_RR_TYPE_DNAME) : NULL;
    if (dname == NULL)
        return false;
    found->match = DNS_MATCH_SUBTREE;
    found->node = node;
    found->set = dname;
    return true;
}

/* From the top of the zone down to the name: the first name that does not exist, or that is
 * delegated, ends the walk. */
struct dns_found dns_lookup_name(const struct dns_model *model, const struct dns_zone *zone,
                                 struct slice name, uint16_t type)
{
    struct slice path[DNS_LABELS_MAX] = {{0}};
    size_t depth = 0;
    struct dns_found found = {.node = zone->apex, .encloser = zone->apex->name};
    for (struct slice at = name; at.len > zone->origin.len && depth < DNS_LABELS_MAX;
         at = dns_wire_parent(at))
        path[depth++] = at;
    if (dns_match_subtree(&found, zone->apex, depth > 0))
        return found;
    for (; depth > 0; depth--) {
        struct slice at = path[depth - 1];
        found.node = dns_zone_node(zone, at);
        if (found.node == NULL && !dns_model_is_above(model, at)) {
            dns_match_wildcard(&found, zone, type);
            return found;
        }
        if (dns_match_subtree(&found, found.node, at.len < name.len))
            return found;
        found.encloser = at;
        found.set = dns_node_set(found.node, LDNS_RR_TYPE_NS);
        /* The DS record of a child stands in the parent (RFC 4035 section 3.1.4.1). */
        if (found.set != NULL && !(depth == 1 && type == LDNS_RR_TYPE_DS)) {
            found.match = DNS_MATCH_CUT;
            found.cut = at;
            return found;
        }
    }
    dns_match_node(&found, type);
    return found;
}
