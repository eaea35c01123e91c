#include "sim/scenario/scenario_zone.h"

#include "sim/dns/dns_message.h"

#include "mta-under-test/base/poison.h"

/* Bytes of an A or AAAA record as an address. */
static struct address address_of(struct slice data)
{
    struct address address = {{[10] = 0xff, [11] = 0xff}};
    memcpy(address.bytes + (data.len == 4 ? 12 : 0), data.data, data.len == 4 ? 4 : 16);
    return address;
}

/* Calls back for each record of a type in a node. */
typedef void data_visitor(void *context, const struct dns_node *node, struct slice data);

static void visit_set(const struct dns_node *node, uint16_t type, data_visitor *visitor,
                      void *context)
{
    const struct dns_rrset *set = dns_node_set(node, type);
    struct slice data;
    if (set == NULL)
        return;
    for (size_t at = 0; dns_rdata_next(&set->records, &at, &data);)
        visitor(context, node, data);
}

static void visit_all(const struct dns_model *model, uint16_t type, data_visitor *visitor,
                      void *context)
{
    for (struct map_entry *entry = map_first(&model->zones); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_zone *zone = map_value(entry);
        for (struct map_entry *node = map_first(&zone->nodes); node != NULL; node = map_next(node))
            visit_set(map_value(node), type, visitor, context);
    }
}

struct mx_visit {
    scenario_mx_visitor *visitor;
    void *context;
};

static void on_mx(void *context, const struct dns_node *node, struct slice data)
{
    const struct mx_visit *visit = context;
    struct buf domain;
    struct buf host;
    if (data.len < 3)
        return;
    buf_init(&domain, 2000);
    buf_init(&host, 2000);
    dns_name_to_text(node->name, &domain);
    dns_name_to_text(slice_skip(data, 2), &host); /* behind the preference */
    visit->visitor(visit->context, buf_text(&domain), buf_text(&host));
    buf_deinit(&domain);
    buf_deinit(&host);
}

void scenario_visit_mx(const struct dns_model *model, scenario_mx_visitor *visitor, void *context)
{
    struct mx_visit visit = {visitor, context};
    visit_all(model, LDNS_RR_TYPE_MX, on_mx, &visit);
}

struct address_visit {
    scenario_address_visitor *visitor;
    void *context;
};

static void on_address(void *context, const struct dns_node *node, struct slice data)
{
    const struct address_visit *visit = context;
    struct buf name;
    struct address address = address_of(data);
    buf_init(&name, 2000);
    dns_name_to_text(node->name, &name);
    visit->visitor(visit->context, buf_text(&name), &address);
    buf_deinit(&name);
}

void scenario_visit_addresses(const struct dns_model *model, scenario_address_visitor *visitor,
                              void *context)
{
    struct address_visit visit = {visitor, context};
    visit_all(model, LDNS_RR_TYPE_A, on_address, &visit);
    visit_all(model, LDNS_RR_TYPE_AAAA, on_address, &visit);
}

/* ---- RRsets that no message can hold */

enum { RECORD_FRAME_BYTES = 12, SURELY_HELD_BYTES = 60000 };

static void note_overfull(const struct dns_node *node, struct dns_rrset *set,
                          scenario_overfull_visitor *visitor, void *context)
{
    char type[DNS_TYPE_TEXT_BYTES];
    struct buf what;
    /* Most are small: those need not be written to know. */
    if (set->records.len + (size_t)set->records.count * RECORD_FRAME_BYTES < SURELY_HELD_BYTES ||
        dns_message_can_hold(set, node->name))
        return;
    buf_init(&what, 2000);
    buf_format(&what, "%u %s records of ", (unsigned)set->records.count,
               dns_type_to_text(set->type, type));
    dns_name_to_text(node->name, &what);
    visitor(context, buf_text(&what));
    buf_deinit(&what);
}

void scenario_visit_overfull(const struct dns_model *model, scenario_overfull_visitor *visitor,
                             void *context)
{
    for (struct map_entry *entry = map_first(&model->zones); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_zone *zone = map_value(entry);
        for (struct map_entry *at = map_first(&zone->nodes); at != NULL; at = map_next(at)) {
            const struct dns_node *node = map_value(at);
            for (struct dns_rrset *set = node->sets; set != NULL; set = set->next)
                note_overfull(node, set, visitor, context);
        }
    }
}

struct address_list {
    struct address *items;
    size_t count;
};

static void on_own_address(void *context, const struct dns_node *node, struct slice data)
{
    struct address_list *list = context;
    (void)node;
    if (list->count < SCENARIO_ADDRESSES_MAX)
        list->items[list->count++] = address_of(data);
}

size_t scenario_zone_addresses(const struct dns_model *model, const char *name,
                               struct address addresses[SCENARIO_ADDRESSES_MAX])
{
    struct address_list list = {addresses, 0};
    struct dns_name wire;
    if (dns_name_from_text(slice_of(name), &wire) != 0)
        return 0;
    const struct dns_zone *zone = dns_model_find_zone(model, dns_name_slice(&wire), false);
    const struct dns_node *node = dns_zone_node(zone, dns_name_slice(&wire));
    if (node == NULL)
        return 0;
    visit_set(node, LDNS_RR_TYPE_A, on_own_address, &list);
    visit_set(node, LDNS_RR_TYPE_AAAA, on_own_address, &list);
    return list.count;
}
