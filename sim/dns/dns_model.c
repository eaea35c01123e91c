#include "sim/dns/dns_model.h"

#include "sim/dns/dns_fault.h"
#include "sim/dns/dns_sign.h"

#include "mta-under-test/base/poison.h"

/* RFC 9715 section 3.1: answers that need no fragments. */
enum { DNS_UDP_BYTES_DEFAULT = 1232 };

static struct dns_name dns_name_known(const char *text)
{
    struct dns_name name;
    if (dns_name_from_text(slice_of(text), &name) != 0)
        abort();
    return name;
}

static int dns_name_read(const char *text, struct dns_name *name, struct err *err)
{
    if (dns_name_from_text(slice_of(text), name) != 0)
        return err_set(err, "\"%s\" is no domain name", text);
    return 0;
}

static struct dns_zone *dns_model_need_zone(const struct dns_model *model, const char *zone,
                                            struct err *err)
{
    struct dns_name name;
    if (dns_name_read(zone, &name, err) != 0)
        return NULL;
    struct dns_zone *found = dns_model_zone(model, dns_name_slice(&name));
    if (found == NULL)
        err_set(err, "there is no zone %s", zone);
    return found;
}

/* ---- zones */

/* A zone without any record. */
static struct dns_zone *dns_model_make_zone(struct dns_model *model, struct slice origin)
{
    struct dns_zone *zone = dns_zone_new(origin);
    map_set(&model->zones, origin, zone);
    for (struct slice name = origin; map_get(&model->above, name) == NULL;
         name = dns_wire_parent(name))
        map_set(&model->above, name, model);
    model->change_count++;
    return zone;
}

static void dns_model_complete_zone(struct dns_zone *zone)
{
    struct dns_name server = dns_name_known(DNS_SERVER_NAME);
    dns_zone_complete(zone, dns_name_slice(&server));
}

struct dns_model *dns_model_new(void)
{
    struct dns_model *model = mem_alloc(sizeof *model);
    map_init(&model->zones);
    map_init(&model->above);
    arena_init(&model->arena);
    model->ttl = DNS_TTL_DEFAULT;
    model->udp_bytes = DNS_UDP_BYTES_DEFAULT;
    model->root = dns_model_make_zone(model, SLICE("\0"));
    model->root->made = true;
    dns_model_complete_zone(model->root);
    struct err err;
    if (dns_model_add_zone(model, DNS_SERVER_ZONE, &err) != 0 ||
        dns_model_add_record(model, DNS_SERVER_ZONE, DNS_SERVER_NAME ". A " DNS_SERVER_IPV4,
                             &err) != 0 ||
        dns_model_add_record(model, DNS_SERVER_ZONE, DNS_SERVER_NAME ". AAAA " DNS_SERVER_IPV6,
                             &err) != 0)
        abort();
    dns_model_need_zone(model, DNS_SERVER_ZONE, NULL)->made = true;
    return model;
}

static void dns_model_free_zone(void *value)
{
    struct dns_zone *zone = value;
    dns_signing_free(&zone->signing);
    dns_zone_free(&zone);
}

void dns_model_free(struct dns_model **model)
{
    if (*model == NULL)
        return;
    for (size_t i = 0; i < (*model)->fault_count; i++)
        dns_fault_free(&(*model)->faults[i]);
    free((*model)->faults);
    map_deinit(&(*model)->zones, dns_model_free_zone);
    map_deinit(&(*model)->above, NULL);
    arena_deinit(&(*model)->arena);
    free(*model);
    *model = NULL;
}

int dns_model_add_zone(struct dns_model *model, const char *zone, struct err *err)
{
    struct dns_name origin;
    if (dns_name_read(zone, &origin, err) != 0)
        return -1;
    if (dns_model_zone(model, dns_name_slice(&origin)) == NULL)
        dns_model_complete_zone(dns_model_make_zone(model, dns_name_slice(&origin)));
    return 0;
}

void dns_model_set_start(struct dns_model *model, int64_t start_us)
{
    if (model->signed_at_us == start_us)
        return;
    model->signed_at_us = start_us;
    for (struct map_entry *entry = map_first(&model->zones); entry != NULL;
         entry = map_next(entry)) {
        struct dns_zone *zone = map_value(entry);
        zone->stale = true;
    }
}

int dns_model_set_signed(struct dns_model *model, const char *zone, struct err *err)
{
    struct dns_zone *found = dns_model_need_zone(model, zone, err);
    if (found == NULL)
        return -1;
    found->is_signed = true;
    found->stale = true;
    model->change_count++;
    return 0;
}

void dns_model_set_signing(struct dns_model *model, const char *zone, enum dns_ds ds, bool nsec3)
{
    struct dns_zone *found = dns_model_need_zone(model, zone, NULL);
    if (found == NULL)
        return;
    found->ds = ds;
    found->nsec3 = nsec3;
    model->change_count++;
}

/* ---- zone files */

/* The end of a file reads as an empty record. */
static int dns_zone_read_records(struct dns_zone *zone, FILE *file, uint32_t ttl, int *line,
                                 struct err *err)
{
    struct slice name = zone->origin;
    ldns_rdf *origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.len, name.data);
    ldns_rdf *previous = NULL;
    int result = 0;
    while (result == 0 && feof(file) == 0 && ferror(file) == 0) {
        ldns_rr *rr = NULL;
        ldns_status status = ldns_rr_new_frm_fp_l(&rr, file, &ttl, &origin, &previous, line);
        if (status == LDNS_STATUS_OK) {
            result = dns_zone_add(zone, rr, err);
            ldns_rr_free(rr);
        } else if (status == LDNS_STATUS_SYNTAX_INCLUDE) {
            result = err_set(err, "$INCLUDE is not known here; put the records into this file");
        } else if (status != LDNS_STATUS_SYNTAX_EMPTY && status != LDNS_STATUS_SYNTAX_TTL &&
                   status != LDNS_STATUS_SYNTAX_ORIGIN) {
            result = dns_record_error(status, NULL, err);
        }
    }
    ldns_rdf_deep_free(origin);
    ldns_rdf_deep_free(previous);
    return result;
}

/* The line on which the last record ends: ldns has also counted the line ends behind it. */
static int dns_zone_file_line(FILE *file, int line)
{
    while (line > 1 && fseek(file, -1, SEEK_CUR) == 0) {
        int c = fgetc(file);
        if (c != '\n' && c != '\r' && c != ' ' && c != '\t')
            break;
        line -= c == '\n';
        if (fseek(file, -1, SEEK_CUR) != 0)
            break;
    }
    return line;
}

int dns_model_add_zone_file(struct dns_model *model, const char *zone, FILE *file, const char *name,
                            struct err *err)
{
    if (dns_model_add_zone(model, zone, err) != 0)
        return -1;
    struct dns_zone *found = dns_model_need_zone(model, zone, err);
    int line = 1;
    if (dns_zone_read_records(found, file, model->ttl, &line, err) != 0)
        return err_prefix(err, "%s:%d", name, dns_zone_file_line(file, line));
    if (ferror(file) != 0)
        return err_set(err, "%s: cannot be read", name);
    model->change_count++;
    return 0;
}

/* ---- records */

int dns_model_add_record(struct dns_model *model, const char *zone, const char *text,
                         struct err *err)
{
    struct dns_zone *found = dns_model_need_zone(model, zone, err);
    ldns_rr *rr;
    if (found == NULL || dns_record_parse(text, found->origin, model->ttl, &rr, err) != 0)
        return -1;
    int result = dns_zone_add(found, rr, err);
    ldns_rr_free(rr);
    model->change_count++;
    return result;
}

int dns_model_add_txt(struct dns_model *model, const char *zone, const char *name, const char *text,
                      struct err *err)
{
    enum { STRING_BYTES_MAX = 255 };
    struct buf record;
    buf_init(&record, DNS_RECORD_TEXT_BYTES_MAX);
    buf_format(&record, "%s TXT", name);
    struct slice rest = slice_of(text);
    do {
        struct slice part = slice_first(rest, STRING_BYTES_MAX);
        rest = slice_skip(rest, part.len);
        buf_add_text(&record, " \"");
        for (size_t i = 0; i < part.len; i++) {
            unsigned char c = (unsigned char)part.data[i];
            bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';
            buf_format(&record, plain ? "%c" : "\\%03u", c);
        }
        buf_add_char(&record, '"');
    } while (rest.len > 0);
    int result = buf_overflowed(&record)
                     ? err_set(err, "a TXT record of %zu bytes is too long", strlen(text))
                     : dns_model_add_record(model, zone, buf_text(&record), err);
    buf_deinit(&record);
    return result;
}

int dns_model_add_ptr(struct dns_model *model, const struct address *address, const char *name,
                      struct err *err)
{
    struct buf owner;
    buf_init(&owner, DNS_NAME_BYTES_MAX);
    address_to_reverse_name(address, &owner);
    struct dns_name wire;
    if (dns_name_read(buf_text(&owner), &wire, err) != 0)
        abort();
    struct dns_zone *zone = dns_model_find_zone(model, dns_name_slice(&wire), false);
    if (zone == model->root) {
        struct dns_name arpa =
            dns_name_known(address_is_ipv4(address) ? "in-addr.arpa" : "ip6.arpa");
        zone = dns_model_make_zone(model, dns_name_slice(&arpa));
        zone->made = true;
        dns_model_complete_zone(zone);
    }
    int result = 0;
    if (dns_node_set(dns_zone_node(zone, dns_name_slice(&wire)), LDNS_RR_TYPE_PTR) == NULL) {
        struct dns_name target;
        result = dns_name_read(name, &target, err);
        if (result == 0) {
            ldns_rr *rr = dns_record_make(dns_name_slice(&wire), LDNS_RR_TYPE_PTR, model->ttl,
                                          dns_name_slice(&target));
            result = dns_zone_add(zone, rr, err);
            ldns_rr_free(rr);
        }
    }
    model->change_count++;
    buf_deinit(&owner);
    return result;
}

/* ---- asking */

struct dns_zone *dns_model_zone(const struct dns_model *model, struct slice origin)
{
    return map_get(&model->zones, origin);
}

bool dns_model_is_above(const struct dns_model *model, struct slice name)
{
    return map_get(&model->above, name) != NULL;
}

struct dns_zone *dns_model_find_zone(const struct dns_model *model, struct slice name, bool above)
{
    if (above && dns_wire_is_root(name))
        return NULL;
    if (above)
        name = dns_wire_parent(name);
    struct dns_zone *zone = dns_model_zone(model, name);
    while (zone == NULL) {
        name = dns_wire_parent(name);
        zone = dns_model_zone(model, name);
    }
    return zone;
}

bool dns_model_has_zone(const struct dns_model *model, const char *zone)
{
    return dns_model_need_zone(model, zone, NULL) != NULL;
}

/* The node of a name in the zone that holds it, NULL if there is none. */
static struct dns_node *dns_model_node(const struct dns_model *model, const char *name)
{
    struct dns_name wire;
    if (dns_name_read(name, &wire, NULL) != 0)
        return NULL;
    struct slice slice = dns_name_slice(&wire);
    return dns_zone_node(dns_model_find_zone(model, slice, false), slice);
}

bool dns_model_has_name(const struct dns_model *model, const char *name)
{
    return dns_model_node(model, name) != NULL;
}

bool dns_model_has_record(const struct dns_model *model, const char *name, const char *type)
{
    uint16_t number;
    return dns_type_from_text(type, &number) == 0 &&
           dns_node_set(dns_model_node(model, name), number) != NULL;
}

bool dns_model_zone_of(const struct dns_model *model, const char *name, struct buf *zone)
{
    struct dns_name wire;
    if (dns_name_read(name, &wire, NULL) != 0)
        return false;
    const struct dns_zone *found = dns_model_find_zone(model, dns_name_slice(&wire), false);
    if (found == model->root)
        return false;
    dns_name_to_text(found->origin, zone);
    return true;
}
