/* The model in words. */
#include "sim/dns/dns_fault.h"
#include "sim/dns/dns_model.h"

#include "mta-under-test/base/poison.h"

static void dns_explain_set(const struct dns_node *node, const struct dns_rrset *set,
                            struct buf *out)
{
    char type[DNS_TYPE_TEXT_BYTES];
    struct slice data;
    for (size_t at = 0; dns_rdata_next(&set->records, &at, &data);) {
        buf_add_text(out, "  ");
        dns_name_to_text(node->name, out);
        buf_format(out, " %u %s ", set->ttl, dns_type_to_text(set->type, type));
        dns_record_data_to_text(set->type, data, out);
        buf_add_char(out, '\n');
    }
}

/* Every zone has them; what is about mail is worth more. */
static bool dns_is_frame(const struct dns_zone *zone, const struct dns_node *node,
                         const struct dns_rrset *set)
{
    return slice_equal(node->name, zone->origin) &&
           (set->type == LDNS_RR_TYPE_SOA || set->type == LDNS_RR_TYPE_NS);
}

/* The records of a zone that are its frame, or those that are not. */
static void dns_explain_sets(const struct dns_zone *zone, bool frame, struct buf *out)
{
    for (struct map_entry *entry = map_first(&zone->nodes); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_node *node = map_value(entry);
        for (const struct dns_rrset *set = node->sets; set != NULL; set = set->next) {
            if (dns_is_frame(zone, node, set) == frame)
                dns_explain_set(node, set, out);
        }
    }
}

static void dns_explain_zone(const struct dns_zone *zone, struct buf *out)
{
    buf_add_text(out, "zone ");
    dns_name_to_text(zone->origin, out);
    static const char *const DS[] = {"", ", DS missing", ", DS wrong"};
    buf_format(out, " (%zu records%s%s%s)\n", zone->record_count, zone->is_signed ? ", signed" : "",
               zone->nsec3 ? " with NSEC3" : "", DS[zone->ds]);
    dns_explain_sets(zone, false, out);
    dns_explain_sets(zone, true, out);
}

void dns_model_explain(const struct dns_model *model, bool all, struct buf *out)
{
    if (model->resolver == DNS_RESOLVER_UNBOUND)
        buf_add_text(out, "the real Unbound resolves, from the root down, and validates\n");
    for (struct map_entry *entry = map_first(&model->zones); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_zone *zone = map_value(entry);
        if (all || !zone->made)
            dns_explain_zone(zone, out);
    }
    if (model->fault_count > 0)
        buf_add_text(out, "faults of DNS\n");
    for (size_t i = 0; i < model->fault_count; i++) {
        buf_add_text(out, "  ");
        dns_fault_to_text(model->faults[i], out);
        buf_add_char(out, '\n');
    }
}
