#include "sim/dns/dns_zone.h"

#include <assert.h>

#include "mta-under-test/base/poison.h"

enum {
    DNS_MADE_TTL = 300,
    DNS_NEGATIVE_TTL = 60,
};

/* ---- lists of data */

void dns_rdata_add(struct dns_rdata_list *list, struct slice data)
{
    assert(data.len <= DNS_RDATA_BYTES_MAX);
    list->bytes = mem_grow(list->bytes, list->len + 2 + data.len, 1);
    list->bytes[list->len] = (unsigned char)(data.len >> 8);
    list->bytes[list->len + 1] = (unsigned char)data.len;
    if (data.len > 0)
        memcpy(list->bytes + list->len + 2, data.data, data.len);
    list->len += 2 + (uint32_t)data.len;
    list->count++;
}

void dns_rdata_clear(struct dns_rdata_list *list)
{
    free(list->bytes);
    *list = (struct dns_rdata_list){0};
}

bool dns_rdata_next(const struct dns_rdata_list *list, size_t *at, struct slice *data)
{
    if (*at >= list->len)
        return false;
    size_t len = (size_t)list->bytes[*at] << 8 | list->bytes[*at + 1];
    *data = slice_from((const char *)list->bytes + *at + 2, len);
    *at += 2 + len;
    return true;
}

static bool dns_rdata_holds(const struct dns_rdata_list *list, struct slice wanted)
{
    struct slice data;
    for (size_t at = 0; dns_rdata_next(list, &at, &data);) {
        if (slice_equal(data, wanted))
            return true;
    }
    return false;
}

/* ---- RRsets */

static void dns_rrset_forget_texts(struct dns_rrset *set)
{
    for (size_t i = 0; set->texts != NULL && set->texts[i] != NULL; i++)
        free(set->texts[i]);
    free(set->texts);
    set->texts = NULL;
}

struct dns_rrset *dns_rrset_new(uint16_t type, uint32_t ttl, struct slice data)
{
    struct dns_rrset *set = mem_alloc(sizeof *set);
    set->type = type;
    set->ttl = ttl;
    dns_rdata_add(&set->records, data);
    return set;
}

void dns_rrset_free(struct dns_rrset **set)
{
    if (*set == NULL)
        return;
    dns_rrset_forget_texts(*set);
    free((*set)->records.bytes);
    free((*set)->signatures.bytes);
    free(*set);
    *set = NULL;
}

const char *dns_rrset_text(struct dns_rrset *set, size_t i)
{
    if (set->texts == NULL) {
        struct slice data;
        size_t count = 0;
        set->texts = mem_alloc_array(DNS_SET_TEXTS_MAX + 1, sizeof *set->texts);
        for (size_t at = 0;
             count < DNS_SET_TEXTS_MAX && dns_rdata_next(&set->records, &at, &data);) {
            struct buf text;
            buf_init(&text, (size_t)4 * DNS_RDATA_BYTES_MAX);
            dns_record_data_to_text(set->type, data, &text);
            set->texts[count++] = buf_take(&text);
        }
    }
    return i < DNS_SET_TEXTS_MAX ? set->texts[i] : NULL;
}

void dns_rrset_add_signature(struct dns_rrset *set, struct slice data)
{
    dns_rdata_add(&set->signatures, data);
}

void dns_rrset_clear_signatures(struct dns_rrset *set)
{
    dns_rdata_clear(&set->signatures);
}

/* ---- nodes */

static void dns_node_free(void *value)
{
    struct dns_node *node = value;
    while (node->sets != NULL) {
        struct dns_rrset *next = node->sets->next;
        dns_rrset_free(&node->sets);
        node->sets = next;
    }
    free(node);
}

struct dns_rrset *dns_node_set(const struct dns_node *node, uint16_t type)
{
    struct dns_rrset *set = node != NULL ? node->sets : NULL;
    while (set != NULL && (set->type != type || set->records.count == 0))
        set = set->next;
    return set;
}

struct dns_node *dns_zone_node(const struct dns_zone *zone, struct slice name)
{
    return map_get(&zone->nodes, name);
}

static struct dns_node *dns_node_make(struct dns_zone *zone, struct slice name)
{
    struct dns_node *node = mem_alloc(sizeof *node);
    map_set(&zone->nodes, name, node);
    node->name = map_key_slice(map_last(&zone->nodes));
    return node;
}

/* The node of a name within the zone, made with all its ancestors if they are not there. */
static struct dns_node *dns_node_need(struct dns_zone *zone, struct slice name)
{
    struct dns_node *node = dns_zone_node(zone, name);
    if (node != NULL)
        return node;
    node = dns_node_make(zone, name);
    for (struct dns_node *child = node; child->parent == NULL && child != zone->apex;) {
        struct slice parent_name = dns_wire_parent(child->name);
        struct dns_node *parent = dns_zone_node(zone, parent_name);
        bool known = parent != NULL;
        child->parent = known ? parent : dns_node_make(zone, parent_name);
        child->parent->children++;
        if (known)
            break;
        child = child->parent;
    }
    return node;
}

/* Takes out a node that holds nothing, and its ancestors that held only it. */
static void dns_node_prune(struct dns_zone *zone, struct dns_node *node)
{
    while (node != zone->apex && node->sets == NULL && node->children == 0) {
        struct dns_node *parent = node->parent;
        map_remove(&zone->nodes, node->name);
        free(node);
        parent->children--;
        node = parent;
    }
}

/* ---- zones */

struct dns_zone *dns_zone_new(struct slice origin)
{
    struct dns_zone *zone = mem_alloc(sizeof *zone);
    map_init(&zone->nodes);
    zone->apex = dns_node_make(zone, origin);
    zone->origin = zone->apex->name;
    zone->stale = true;
    return zone;
}

void dns_zone_free(struct dns_zone **zone)
{
    if (*zone == NULL)
        return;
    map_deinit(&(*zone)->nodes, dns_node_free);
    free(*zone);
    *zone = NULL;
}

static int dns_zone_error(const struct dns_node *node, struct err *err, const char *why)
{
    struct buf name;
    buf_init(&name, (size_t)4 * DNS_NAME_BYTES_MAX);
    dns_name_to_text(node->name, &name);
    err_set(err, "%s: %s", buf_text(&name), why);
    buf_deinit(&name);
    return -1;
}

static bool dns_type_goes_with_cname(uint16_t type)
{
    return type == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_NSEC || type == LDNS_RR_TYPE_RRSIG;
}

static int dns_zone_check(const struct dns_zone *zone, const struct dns_node *node, uint16_t type,
                          struct err *err)
{
    if (zone->record_count >= DNS_ZONE_RECORDS_MAX)
        return err_set(err, "the zone has too many records (at most %d)", DNS_ZONE_RECORDS_MAX);
    const struct dns_rrset *same = dns_node_set(node, type);
    bool single =
        type == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_SOA || type == LDNS_RR_TYPE_DNAME;
    if (same != NULL && single)
        return dns_zone_error(node, err,
                              "a name has at most one record of the types CNAME, DNAME and SOA");
    if (same != NULL && same->records.count >= DNS_SET_RECORDS_MAX)
        return dns_zone_error(node, err, "too many records of one name and type (at most 8192)");
    if (type == LDNS_RR_TYPE_SOA && node != zone->apex)
        return dns_zone_error(node, err, "an SOA record stands only at the top of its zone");
    for (const struct dns_rrset *set = node->sets; set != NULL; set = set->next) {
        if ((type == LDNS_RR_TYPE_CNAME && !dns_type_goes_with_cname(set->type)) ||
            (set->type == LDNS_RR_TYPE_CNAME && !dns_type_goes_with_cname(type)))
            return dns_zone_error(
                node, err,
                "a name with a CNAME has no other data (RFC 1034 section 3.6.2); the "
                "top of a zone always has SOA and NS, so no CNAME can stand there");
    }
    return 0;
}

static struct dns_rrset *dns_set_need(struct dns_node *node, uint16_t type, uint32_t ttl)
{
    struct dns_rrset **link = &node->sets;
    while (*link != NULL && (*link)->type != type)
        link = &(*link)->next;
    if (*link == NULL) {
        *link = mem_alloc(sizeof **link);
        (*link)->type = type;
        (*link)->ttl = ttl;
    }
    return *link;
}

static size_t dns_node_remove(struct dns_zone *zone, struct dns_node *node, uint16_t type)
{
    size_t removed = 0;
    for (struct dns_rrset **link = &node->sets; *link != NULL;) {
        struct dns_rrset *set = *link;
        if (type != 0 && set->type != type) {
            link = &set->next;
            continue;
        }
        *link = set->next;
        zone->record_count -= set->records.count;
        dns_rrset_free(&set);
        removed++;
    }
    zone->stale = true;
    return removed;
}

static int dns_node_add(struct dns_zone *zone, struct dns_node *node, const ldns_rr *rr,
                        struct slice data, struct err *err)
{
    uint16_t type = (uint16_t)ldns_rr_get_type(rr);
    if (type == LDNS_RR_TYPE_RRSIG) {
        uint16_t covered =
            (uint16_t)((unsigned char)data.data[0] << 8 | (unsigned char)data.data[1]);
        dns_rrset_add_signature(dns_set_need(node, covered, ldns_rr_ttl(rr)), data);
        return 0;
    }
    const struct dns_rrset *there = dns_node_set(node, type);
    if (there != NULL && there->made)
        dns_node_remove(zone, node, type);
    else if (there != NULL && dns_rdata_holds(&there->records, data))
        return 0;
    if (dns_zone_check(zone, node, type, err) != 0)
        return -1;
    struct dns_rrset *set = dns_set_need(node, type, ldns_rr_ttl(rr));
    dns_rrset_forget_texts(set);
    dns_rdata_add(&set->records, data);
    zone->record_count++;
    zone->stale = true;
    return 0;
}

int dns_zone_add(struct dns_zone *zone, const ldns_rr *rr, struct err *err)
{
    struct dns_name owner;
    if (dns_record_check(rr, err) != 0 || dns_record_owner(rr, &owner, err) != 0)
        return -1;
    if (!dns_wire_is_within(dns_name_slice(&owner), zone->origin)) {
        struct buf names;
        buf_init(&names, (size_t)9 * DNS_NAME_BYTES_MAX);
        dns_name_to_text(dns_name_slice(&owner), &names);
        buf_add_text(&names, " is outside of the zone ");
        dns_name_to_text(zone->origin, &names);
        err_set(err, "%s", buf_text(&names));
        buf_deinit(&names);
        return -1;
    }
    struct buf data;
    buf_init(&data, DNS_RDATA_BYTES_MAX);
    bool whole = dns_record_data(rr, &data);
    bool is_short = ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG && data.len < 18;
    int result = -1;
    if (!whole || is_short) {
        err_set(err, "the data of the record are too long or not complete");
    } else {
        struct dns_node *node = dns_node_need(zone, dns_name_slice(&owner));
        result = dns_node_add(zone, node, rr, buf_slice(&data), err);
        dns_node_prune(zone, node);
    }
    buf_deinit(&data);
    return result;
}

size_t dns_zone_remove(struct dns_zone *zone, struct slice name, uint16_t type)
{
    struct dns_node *node = dns_zone_node(zone, name);
    if (node == NULL)
        return 0;
    size_t removed = dns_node_remove(zone, node, type);
    dns_node_prune(zone, node);
    return removed;
}

static void dns_zone_add_made(struct dns_zone *zone, uint16_t type, struct slice data)
{
    ldns_rr *rr = dns_record_make(zone->origin, type, DNS_MADE_TTL, data);
    if (rr == NULL || dns_zone_add(zone, rr, NULL) != 0)
        abort();
    ldns_rr_free(rr);
    struct dns_rrset *set = dns_node_set(zone->apex, type);
    if (set != NULL)
        set->made = true;
}

void dns_zone_complete(struct dns_zone *zone, struct slice server)
{
    if (dns_node_set(zone->apex, LDNS_RR_TYPE_SOA) == NULL) {
        /* Serial 1, refresh, retry, expire, and how long a negative answer is kept. */
        static const uint32_t NUMBERS[] = {1, 3600, 600, 604800, DNS_NEGATIVE_TTL};
        struct buf data;
        buf_init(&data, (size_t)3 * DNS_NAME_BYTES_MAX);
        buf_add_slice(&data, server);
        buf_add(&data, "\012hostmaster", 11);
        buf_add_slice(&data, server);
        for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
            for (int shift = 24; shift >= 0; shift -= 8)
                buf_add_char(&data, (char)(NUMBERS[i] >> shift));
        }
        dns_zone_add_made(zone, LDNS_RR_TYPE_SOA, buf_slice(&data));
        buf_deinit(&data);
    }
    if (dns_node_set(zone->apex, LDNS_RR_TYPE_NS) == NULL)
        dns_zone_add_made(zone, LDNS_RR_TYPE_NS, server);
}
