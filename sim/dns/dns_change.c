/* What the timeline does to zones: all of one change or nothing. */
#include "sim/dns/dns_model.h"

#include "mta-under-test/base/poison.h"

static struct dns_zone *dns_change_zone(const struct dns_model *model, const char *zone,
                                        struct err *err)
{
    struct dns_name origin;
    struct dns_zone *found = NULL;
    if (dns_name_from_text(slice_of(zone), &origin) == 0)
        found = dns_model_zone(model, dns_name_slice(&origin));
    if (found == NULL)
        err_set(err, "there is no zone %s", zone);
    return found;
}

int dns_model_check_records(const struct dns_model *model, const char *zone,
                            const char *const *texts, size_t count, struct err *err)
{
    const struct dns_zone *found = dns_change_zone(model, zone, err);
    if (found == NULL)
        return -1;
    /* A zone of its own shows what they do to each other, and its top what may not stand there. */
    struct dns_zone *trial = dns_zone_new(found->origin);
    dns_zone_complete(trial, found->origin);
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        ldns_rr *rr;
        result = dns_record_parse(texts[i], found->origin, model->ttl, &rr, err);
        if (result == 0) {
            result = dns_zone_add(trial, rr, err);
            ldns_rr_free(rr);
        }
    }
    dns_zone_free(&trial);
    return result;
}

/* Makes room for a record: its RRset goes; a CNAME and other data of the name give way to each
 * other. */
static void dns_change_make_room(struct dns_zone *zone, const ldns_rr *rr)
{
    struct dns_name owner;
    if (dns_record_owner(rr, &owner, NULL) != 0)
        return;
    uint16_t type = (uint16_t)ldns_rr_get_type(rr);
    dns_zone_remove(zone, dns_name_slice(&owner), type == LDNS_RR_TYPE_CNAME ? 0 : type);
    dns_zone_remove(zone, dns_name_slice(&owner), LDNS_RR_TYPE_CNAME);
}

int dns_model_replace_records(struct dns_model *model, const char *zone, const char *const *texts,
                              size_t count, struct err *err)
{
    if (dns_model_check_records(model, zone, texts, count, err) != 0)
        return -1;
    struct dns_zone *found = dns_change_zone(model, zone, err);
    for (size_t i = 0; i < count; i++) {
        ldns_rr *rr;
        if (dns_record_parse(texts[i], found->origin, model->ttl, &rr, err) != 0)
            return -1;
        dns_change_make_room(found, rr);
        ldns_rr_free(rr);
    }
    for (size_t i = 0; i < count; i++) {
        if (dns_model_add_record(model, zone, texts[i], err) != 0)
            return -1;
    }
    return 0;
}

/* A name as the timeline writes it: "@", relative, or already with the zone's name behind it. */
static int dns_change_name(const struct dns_zone *zone, const char *text, struct dns_name *name,
                           struct err *err)
{
    struct slice origin = zone->origin;
    struct slice given = slice_of(text);
    if (slice_is(given, "@"))
        return dns_name_from_wire(origin, name) > 0 ? 0 : -1;
    if (dns_name_from_text(given, name) != 0)
        return err_set(err, "\"%s\" is no domain name", text);
    if (dns_wire_is_within(dns_name_slice(name), origin))
        return 0;
    if (given.len == 0 || given.data[given.len - 1] == '.' ||
        name->len - 1 + origin.len > DNS_NAME_BYTES_MAX)
        return err_set(err, "\"%s\" does not stand in this zone", text);
    memcpy(name->bytes + name->len - 1, origin.data, origin.len);
    name->len += origin.len - 1;
    return 0;
}

int dns_model_remove(struct dns_model *model, const char *zone, const char *name, const char *type,
                     struct err *err)
{
    struct dns_zone *found = dns_change_zone(model, zone, err);
    struct dns_name owner;
    uint16_t number = 0;
    if (found == NULL || dns_change_name(found, name, &owner, err) != 0)
        return -1;
    if (type != NULL && dns_type_from_text(type, &number) != 0)
        return err_set(err, "\"%s\" is no record type", type);
    dns_zone_remove(found, dns_name_slice(&owner), number);
    /* A zone without SOA would be none. */
    struct dns_name server;
    if (dns_name_from_text(slice_of(DNS_SERVER_NAME), &server) == 0)
        dns_zone_complete(found, dns_name_slice(&server));
    model->change_count++;
    return 0;
}
