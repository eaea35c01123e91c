/*
 * Addresses and records of the policy hosts. What the scenario's own zones say comes first.
 */
#include "sim/policy/policy_blocklist.h"

#include "mta-under-test/base/poison.h"

enum { POLICY_NAME_BYTES_MAX = 1100, POLICY_ADDRESSES_A_NET = 250 };

/* ---- addresses */

static void policy_take_addresses(struct policy_host *host, const struct dns_node *node,
                                  uint16_t type)
{
    const struct dns_rrset *set = dns_node_set(node, type);
    struct slice data;
    for (size_t at = 0; set != NULL && dns_rdata_next(&set->records, &at, &data);) {
        if (host->address_count == POLICY_ADDRESSES_MAX)
            return;
        struct address *address = &host->addresses[host->address_count++];
        static const unsigned char MAPPED[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        memcpy(address->bytes, MAPPED, sizeof MAPPED);
        memcpy(address->bytes + sizeof address->bytes - data.len, data.data, data.len);
    }
}

/* The addresses that its zone gives to the host's name. */
static void policy_take_zone_addresses(struct policy_host *host, const struct dns_model *dns)
{
    struct dns_name name;
    if (dns_name_from_text(slice_of(host->name), &name) != 0)
        return;
    const struct dns_zone *zone = dns_model_find_zone(dns, dns_name_slice(&name), false);
    const struct dns_node *node = dns_zone_node(zone, dns_name_slice(&name));
    policy_take_addresses(host, node, LDNS_RR_TYPE_A);
    policy_take_addresses(host, node, LDNS_RR_TYPE_AAAA);
}

static bool policy_is_taken(const struct policy_model *model, const struct mx_model *mx,
                            const struct address *address)
{
    return mx_model_find_address(mx, address) != NULL ||
           policy_model_find_address(model, address) != NULL;
}

/* The next free pair: 198.19.1.1 and 2001:db8:19::1, and so on. */
static int policy_give_addresses(struct policy_model *model, struct policy_host *host,
                                 const struct mx_model *mx)
{
    do {
        char text[ADDRESS_TEXT_BYTES];
        unsigned number = model->next_address++;
        snprintf(text, sizeof text, "198.19.%u.%u", 1 + number / POLICY_ADDRESSES_A_NET,
                 1 + number % POLICY_ADDRESSES_A_NET);
        if (address_from_text(slice_of(text), &host->addresses[0]) != 0)
            return -1;
        snprintf(text, sizeof text, "2001:db8:19::%x", 1 + number);
        if (address_from_text(slice_of(text), &host->addresses[1]) != 0)
            return -1;
    } while (policy_is_taken(model, mx, &host->addresses[0]) ||
             policy_is_taken(model, mx, &host->addresses[1]));
    host->address_count = 2;
    return 0;
}

static int policy_publish_addresses(const struct policy_host *host, const char *zone,
                                    struct dns_model *dns, struct err *err)
{
    for (size_t i = 0; i < host->address_count; i++) {
        char text[ADDRESS_TEXT_BYTES];
        char record[POLICY_NAME_BYTES_MAX];
        snprintf(record, sizeof record, "%s. %s %s", host->name,
                 address_is_ipv4(&host->addresses[i]) ? "A" : "AAAA",
                 address_to_text(&host->addresses[i], text));
        if (dns_model_add_record(dns, zone, record, err) != 0 ||
            dns_model_add_ptr(dns, &host->addresses[i], host->name, err) != 0)
            return -1;
    }
    return 0;
}

/* The zone that holds a name; -1 if there is none. */
static int policy_zone_of(const struct dns_model *dns, const char *name, struct spec spec,
                          struct buf *zone, struct err *err)
{
    if (dns_model_zone_of(dns, name, zone))
        return 0;
    return spec_error(spec, err,
                      "%s lies outside every zone; a zone comes from a host of the domain, a "
                      "sender in it, or \"dns\"",
                      name);
}

/* ---- the default of "mx" */

static void policy_take_mx(struct policy_host *host, const struct dns_model *dns,
                           struct arena *arena)
{
    struct dns_name name;
    struct slice data;
    if (host->sts.mx_count > 0 || dns_name_from_text(slice_of(host->domain), &name) != 0)
        return;
    const struct dns_zone *zone = dns_model_find_zone(dns, dns_name_slice(&name), false);
    const struct dns_rrset *set =
        dns_node_set(dns_zone_node(zone, dns_name_slice(&name)), LDNS_RR_TYPE_MX);
    if (set == NULL)
        return;
    const char **list = arena_alloc_array(arena, set->records.count, sizeof *list);
    for (size_t at = 0; dns_rdata_next(&set->records, &at, &data);) {
        struct buf text;
        buf_init(&text, POLICY_NAME_BYTES_MAX);
        dns_name_to_text(slice_skip(data, 2), &text);
        list[host->sts.mx_count++] = arena_text(arena, buf_text(&text));
        buf_deinit(&text);
    }
    host->sts.mx = list;
}

/* ---- the whole */

static int policy_publish_host(struct policy_model *model, struct policy_host *host,
                               struct dns_model *dns, const struct mx_model *mx, struct err *err)
{
    struct buf zone;
    buf_init(&zone, POLICY_NAME_BYTES_MAX);
    int result = policy_zone_of(dns, host->name, host->spec, &zone, err);
    policy_take_zone_addresses(host, dns);
    if (result == 0 && host->address_count == 0 &&
        !dns_model_has_record(dns, host->name, "CNAME")) {
        result = policy_give_addresses(model, host, mx) != 0
                     ? err_set(err, "there are no more addresses for policy hosts")
                     : policy_publish_addresses(host, buf_text(&zone), dns, err);
    }
    for (size_t i = 0; result == 0 && i < host->address_count; i++)
        map_set(&model->addresses,
                slice_from((const char *)host->addresses[i].bytes, sizeof host->addresses[i].bytes),
                host);
    policy_take_mx(host, dns, model->arena);
    buf_deinit(&zone);
    return result;
}

static int policy_publish_record(const struct policy_record *record, struct dns_model *dns,
                                 struct err *err)
{
    struct buf zone;
    if (dns_model_has_record(dns, record->name, "TXT") ||
        dns_model_has_record(dns, record->name, "CNAME"))
        return 0;
    buf_init(&zone, POLICY_NAME_BYTES_MAX);
    int result = policy_zone_of(dns, record->name, record->spec, &zone, err);
    if (result == 0) {
        char *name = mem_text_format("%s.", record->name);
        result = dns_model_add_txt(dns, buf_text(&zone), name, record->text, err);
        free(name);
    }
    buf_deinit(&zone);
    return result;
}

int policy_model_publish(struct policy_model *model, struct dns_model *dns,
                         const struct mx_model *mx, struct err *err)
{
    for (struct map_entry *entry = map_first(&model->blocklists); entry != NULL;
         entry = map_next(entry)) {
        if (policy_blocklist_publish(map_value(entry), dns, err) != 0)
            return -1;
    }
    for (struct map_entry *entry = map_first(&model->hosts); entry != NULL;
         entry = map_next(entry)) {
        if (policy_publish_host(model, map_value(entry), dns, mx, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < model->record_count; i++) {
        if (policy_publish_record(&model->records[i], dns, err) != 0)
            return -1;
    }
    return 0;
}
