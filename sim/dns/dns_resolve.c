#include "sim/dns/dns_resolve.h"

#include "sim/dns/dns_lookup.h"
#include "sim/dns/dns_sign.h"

#include "mta-under-test/base/poison.h"

void dns_plan_begin(struct dns_plan *plan, enum dns_role role, const struct dns_name *name,
                    uint16_t type)
{
    dns_plan_deinit(plan);
    plan->role = role;
    plan->type = type;
    plan->dnssec = false;
    plan->rcode = LDNS_RCODE_NOERROR;
    plan->authoritative = false;
    plan->secure = true;
    plan->bogus = false;
    plan->part_count = 0;
    plan->alias_count = 0;
    plan->names[0] = *name;
}

struct dns_part *dns_plan_add(struct dns_plan *plan, enum dns_section section,
                              struct dns_rrset *set, struct slice owner)
{
    if (set == NULL || plan->part_count >= DNS_PLAN_PARTS_MAX)
        return NULL;
    for (size_t i = 0; i < plan->part_count; i++) {
        if (plan->parts[i].set == set && slice_equal(plan->parts[i].owner, owner))
            return NULL;
    }
    struct dns_part *part = &plan->parts[plan->part_count++];
    *part = (struct dns_part){.set = set,
                              .signatures = &set->signatures,
                              .owner = owner,
                              .section = section,
                              .ttl_max = UINT32_MAX};
    return part;
}

void dns_plan_deinit(struct dns_plan *plan)
{
    while (plan->made_count > 0)
        dns_rrset_free(&plan->made[--plan->made_count]);
}

struct dns_rrset *dns_plan_add_made(struct dns_plan *plan, uint32_t ttl, struct slice target)
{
    struct dns_rrset *set = dns_rrset_new(LDNS_RR_TYPE_CNAME, ttl, target);
    plan->made[plan->made_count++] = set;
    dns_plan_add(plan, DNS_SECTION_ANSWER, set, dns_name_slice(&plan->names[plan->alias_count]));
    return set;
}

void dns_plan_fail(struct dns_plan *plan, int rcode)
{
    plan->rcode = rcode;
    plan->part_count = 0;
    plan->authoritative = false;
    plan->secure = false;
}

/* ---- negative answers */

/* The SOA with the TTL of RFC 2308 section 3: the lower of its own and of its last field. */
static void dns_plan_add_soa(struct dns_plan *plan, const struct dns_zone *zone)
{
    struct dns_rrset *soa = dns_node_set(zone->apex, LDNS_RR_TYPE_SOA);
    struct slice data;
    size_t at = 0;
    if (soa == NULL || !dns_rdata_next(&soa->records, &at, &data) || data.len < 4)
        return;
    uint32_t minimum = 0;
    for (size_t i = data.len - 4; i < data.len; i++)
        minimum = minimum << 8 | (unsigned char)data.data[i];
    struct dns_part *part = dns_plan_add(plan, DNS_SECTION_AUTHORITY, soa, zone->apex->name);
    if (part != NULL)
        part->ttl_max = minimum;
}

static void dns_plan_add_nsec(struct dns_plan *plan, struct dns_node *node)
{
    static const uint16_t TYPES[] = {LDNS_RR_TYPE_NSEC, LDNS_RR_TYPE_NSEC3};
    for (size_t i = 0; node != NULL && i < sizeof TYPES / sizeof TYPES[0]; i++)
        dns_plan_add(plan, DNS_SECTION_AUTHORITY, dns_node_set(node, TYPES[i]), node->name);
}

/* RFC 5155 section 7.2: what exists last on the way to the name has its own record, and what would
 * come next is covered. */
static void dns_plan_prove_encloser(struct dns_plan *plan, const struct dns_zone *zone,
                                    struct slice name, const struct dns_found *found)
{
    struct slice next = name;
    while (dns_wire_labels(next) > dns_wire_labels(found->encloser) + 1)
        next = dns_wire_parent(next);
    if (found->match != DNS_MATCH_DATA && found->match != DNS_MATCH_ALIAS)
        dns_plan_add_nsec(plan, dns_signing_match(zone, found->encloser));
    dns_plan_add_nsec(plan, dns_signing_cover(zone, next));
}

static void dns_plan_prove_nsec3(struct dns_plan *plan, const struct dns_zone *zone,
                                 struct slice name, const struct dns_found *found)
{
    struct dns_name wildcard;
    if (found->match == DNS_MATCH_NXDOMAIN || found->wildcard)
        dns_plan_prove_encloser(plan, zone, name, found);
    if (found->match == DNS_MATCH_NODATA && !found->wildcard) {
        dns_plan_add_nsec(plan, dns_signing_match(zone, name));
    } else if (found->match != DNS_MATCH_DATA && found->match != DNS_MATCH_ALIAS &&
               dns_name_wildcard(found->encloser, &wildcard) == 0) {
        dns_plan_add_nsec(plan, dns_signing_cover(zone, dns_name_slice(&wildcard)));
    }
}

/* RFC 4035 section 3.1.3: the proof that there is no name, no data, or nothing closer than the
 * wildcard that answered. */
static void dns_plan_prove(struct dns_plan *plan, const struct dns_zone *zone, struct slice name,
                           const struct dns_found *found)
{
    if (!plan->dnssec || zone->signing == NULL)
        return;
    if (zone->nsec3) {
        dns_plan_prove_nsec3(plan, zone, name, found);
        return;
    }
    if (found->match == DNS_MATCH_NXDOMAIN || found->wildcard)
        dns_plan_add_nsec(plan, dns_signing_cover(zone, name));
    struct dns_name wildcard;
    if (found->match == DNS_MATCH_NXDOMAIN && dns_name_wildcard(found->encloser, &wildcard) == 0)
        dns_plan_add_nsec(plan, dns_signing_cover(zone, dns_name_slice(&wildcard)));
    if (found->match == DNS_MATCH_NODATA) {
        bool own = dns_node_set(found->node, LDNS_RR_TYPE_NSEC) != NULL;
        dns_plan_add_nsec(plan, own ? found->node : dns_signing_cover(zone, name));
    }
}

void dns_plan_deny(struct dns_model *model, struct dns_plan *plan, int rcode)
{
    struct slice name = dns_name_slice(&plan->names[plan->alias_count]);
    plan->rcode = rcode;
    plan->authoritative = plan->role != DNS_ROLE_RESOLVER;
    /* A lie about a signed zone cannot be proved, so it is not secure. */
    plan->secure = false;
    dns_plan_add_soa(plan, dns_model_find_zone(model, name, false));
}

/* ---- additional records */

static void dns_plan_add_addresses(struct dns_model *model, struct dns_plan *plan,
                                   const struct dns_zone *zone, struct slice target)
{
    static const uint16_t TYPES[] = {LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA};
    struct dns_name name;
    if (dns_name_from_wire(target, &name) == 0)
        return;
    /* Glue stands in the zone itself, below the cut. */
    struct dns_node *node = dns_zone_node(zone, dns_name_slice(&name));
    if (node == NULL)
        node = dns_zone_node(dns_model_find_zone(model, dns_name_slice(&name), false),
                             dns_name_slice(&name));
    for (size_t i = 0; node != NULL && i < sizeof TYPES / sizeof TYPES[0]; i++)
        dns_plan_add(plan, DNS_SECTION_ADDITIONAL, dns_node_set(node, TYPES[i]), node->name);
}

/* The addresses of the hosts that an RRset names, as far as there is room. */
static void dns_plan_add_hosts(struct dns_model *model, struct dns_plan *plan,
                               const struct dns_zone *zone, const struct dns_rrset *set)
{
    size_t skip = 0;
    if (set->type == LDNS_RR_TYPE_MX)
        skip = 2;
    else if (set->type == LDNS_RR_TYPE_SRV)
        skip = 6;
    else if (set->type != LDNS_RR_TYPE_NS)
        return;
    struct slice data;
    for (size_t at = 0;
         plan->part_count < DNS_PLAN_PARTS_MAX && dns_rdata_next(&set->records, &at, &data);)
        dns_plan_add_addresses(model, plan, zone, slice_skip(data, skip));
}

/* ---- answers */

static enum dns_step dns_plan_alias(struct dns_plan *plan, const struct dns_rrset *cname)
{
    struct slice data;
    size_t at = 0;
    bool authoritative = plan->role != DNS_ROLE_RESOLVER;
    if (plan->alias_count >= DNS_ALIASES_MAX) {
        /* A loop: a resolver gives up, a server of the zones says what it knows. */
        if (!authoritative)
            dns_plan_fail(plan, LDNS_RCODE_SERVFAIL);
        return DNS_STEP_DONE;
    }
    struct dns_name *next = &plan->names[plan->alias_count + 1];
    if (!dns_rdata_next(&cname->records, &at, &data) || dns_name_from_wire(data, next) == 0) {
        dns_plan_fail(plan, LDNS_RCODE_SERVFAIL);
        return DNS_STEP_DONE;
    }
    plan->alias_count++;
    return DNS_STEP_ALIAS;
}

/* RFC 6672 section 3.1: the part of the name above the DNAME goes onto its target. */
static enum dns_step dns_plan_subtree(struct dns_plan *plan, const struct dns_found *found)
{
    struct slice name = dns_name_slice(&plan->names[plan->alias_count]);
    size_t prefix = name.len - found->node->name.len;
    char target[2 * DNS_NAME_BYTES_MAX];
    struct slice data;
    size_t at = 0;
    dns_plan_add(plan, DNS_SECTION_ANSWER, found->set, found->node->name);
    if (!dns_rdata_next(&found->set->records, &at, &data) ||
        prefix + data.len > DNS_NAME_BYTES_MAX) {
        plan->rcode = LDNS_RCODE_YXDOMAIN;
        return DNS_STEP_DONE;
    }
    memcpy(target, name.data, prefix);
    memcpy(target + prefix, data.data, data.len);
    struct dns_rrset *alias =
        dns_plan_add_made(plan, found->set->ttl, slice_from(target, prefix + data.len));
    return plan->type == LDNS_RR_TYPE_CNAME ? DNS_STEP_DONE : dns_plan_alias(plan, alias);
}

static void dns_plan_data(struct dns_model *model, struct dns_plan *plan,
                          const struct dns_zone *zone, const struct dns_found *found)
{
    struct slice name = dns_name_slice(&plan->names[plan->alias_count]);
    if (found->set != NULL) {
        dns_plan_add(plan, DNS_SECTION_ANSWER, found->set, name);
        if (plan->role != DNS_ROLE_RESOLVER)
            dns_plan_add_hosts(model, plan, zone, found->set);
        return;
    }
    for (struct dns_rrset *set = found->node->sets; set != NULL; set = set->next)
        dns_plan_add(plan, DNS_SECTION_ANSWER, set, name);
}

static void dns_plan_referral(struct dns_model *model, struct dns_plan *plan,
                              const struct dns_zone *zone, const struct dns_found *found)
{
    /* The child zone is not in the model, so nobody answers for it. */
    if (plan->role == DNS_ROLE_RESOLVER) {
        dns_plan_fail(plan, LDNS_RCODE_SERVFAIL);
        return;
    }
    if (plan->alias_count == 0)
        plan->authoritative = false;
    dns_plan_add(plan, DNS_SECTION_AUTHORITY, found->set, found->node->name);
    struct dns_rrset *ds = dns_node_set(found->node, LDNS_RR_TYPE_DS);
    if (plan->dnssec && ds != NULL)
        dns_plan_add(plan, DNS_SECTION_AUTHORITY, ds, found->node->name);
    else if (plan->dnssec && zone->signing != NULL)
        dns_plan_add_nsec(plan, dns_signing_match(zone, found->node->name));
    dns_plan_add_hosts(model, plan, zone, found->set);
}

/* The zone that the name is looked up in, or NULL if this server has none for it. */
static struct dns_zone *dns_plan_zone(struct dns_model *model, const struct dns_plan *plan,
                                      struct slice name)
{
    bool above = plan->type == LDNS_RR_TYPE_DS && !dns_wire_is_root(name);
    if (plan->role == DNS_ROLE_ROOT)
        return model->root;
    struct dns_zone *zone = dns_model_find_zone(model, name, above);
    /* A server that has only the child answers for its DS too: there is none. */
    if (plan->role == DNS_ROLE_AUTHORITATIVE && zone == model->root && above)
        zone = dns_model_find_zone(model, name, false);
    return plan->role == DNS_ROLE_AUTHORITATIVE && zone == model->root ? NULL : zone;
}

/* The root's own server names those of the zone right below it that has the name. Where the root is
 * signed its delegations stand in it, with the proofs that belong to them. */
static bool dns_plan_send_down(struct dns_model *model, struct dns_plan *plan, struct slice name)
{
    bool above = plan->type == LDNS_RR_TYPE_DS && !dns_wire_is_root(name);
    struct dns_zone *below = NULL;
    if (plan->role != DNS_ROLE_ROOT || model->root->is_signed)
        return false;
    for (struct dns_zone *zone = dns_model_find_zone(model, name, above); zone != model->root;
         zone = dns_model_find_zone(model, zone->origin, true))
        below = zone;
    if (below == NULL)
        return false;
    struct dns_rrset *servers = dns_node_set(below->apex, LDNS_RR_TYPE_NS);
    dns_plan_add(plan, DNS_SECTION_AUTHORITY, servers, below->apex->name);
    dns_plan_add_hosts(model, plan, below, servers);
    return true;
}

enum dns_step dns_resolve_step(struct dns_model *model, struct dns_plan *plan)
{
    struct slice name = dns_name_slice(&plan->names[plan->alias_count]);
    struct dns_zone *zone = dns_plan_zone(model, plan, name);
    if (zone == NULL) {
        if (plan->alias_count == 0)
            dns_plan_fail(plan, LDNS_RCODE_REFUSED);
        return DNS_STEP_DONE;
    }
    if (dns_plan_send_down(model, plan, name))
        return DNS_STEP_DONE;
    dns_zone_sign_if_stale(model, zone);
    enum dns_ds trust = dns_zone_trust(model, zone);
    plan->secure = plan->secure && zone->signing != NULL && trust == DNS_DS_RIGHT;
    plan->bogus = plan->bogus || trust == DNS_DS_WRONG;
    if (plan->alias_count == 0)
        plan->authoritative = plan->role != DNS_ROLE_RESOLVER;
    struct dns_found found = dns_lookup_name(model, zone, name, plan->type);
    if (found.match == DNS_MATCH_CUT) {
        dns_plan_referral(model, plan, zone, &found);
        return DNS_STEP_DONE;
    }
    enum dns_step step = DNS_STEP_DONE;
    if (found.match == DNS_MATCH_ALIAS) {
        dns_plan_add(plan, DNS_SECTION_ANSWER, found.set, name);
        step = dns_plan_alias(plan, found.set);
    } else if (found.match == DNS_MATCH_SUBTREE) {
        step = dns_plan_subtree(plan, &found);
    } else if (found.match == DNS_MATCH_DATA) {
        dns_plan_data(model, plan, zone, &found);
    } else {
        if (found.match == DNS_MATCH_NXDOMAIN)
            plan->rcode = LDNS_RCODE_NXDOMAIN;
        dns_plan_add_soa(plan, zone);
    }
    dns_plan_prove(plan, zone, name, &found);
    return step;
}
