#include "sim/dns/dns_sign.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "sim/dns/dns_nsec3.h"

#include "mta-under-test/base/poison.h"

enum {
    DNS_KEY_FLAGS = 257, /* zone key, secure entry point */
    DNS_KEY_TTL = 3600,
    DNS_DS_DIGEST_FIELD = 3,
    DNS_VALID_BEFORE_S = 24 * 3600,
    DNS_VALID_FOR_S = 400 * 24 * 3600, /* longer than any run */
};

void dns_signing_free(struct dns_signing **signing)
{
    if (*signing == NULL)
        return;
    free((*signing)->nodes);
    free(*signing);
    *signing = NULL;
}

/* ---- keys */

/* The zone's key, from its name: nothing secret is guarded by it. Its signatures are good from
 * `from_s` on. */
static ldns_key *dns_zone_key_from(const struct dns_zone *zone, uint32_t from_s)
{
    struct buf text;
    unsigned char secret[SHA256_DIGEST_LENGTH];
    buf_init(&text, DNS_NAME_BYTES_MAX + 32);
    buf_add_text(&text, "simulated zone key ");
    buf_add_slice(&text, zone->origin);
    SHA256((const unsigned char *)buf_text(&text), text.len, secret);
    buf_deinit(&text);
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof secret);
    ldns_key *key = ldns_key_new();
    ldns_rdf *owner =
        ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, zone->origin.len, zone->origin.data);
    if (pair == NULL || key == NULL || owner == NULL)
        abort();
    ldns_key_set_algorithm(key, LDNS_SIGN_ED25519);
    ldns_key_set_evp_key(key, pair);
    ldns_key_set_flags(key, DNS_KEY_FLAGS);
    ldns_key_set_pubkey_owner(key, owner);
    ldns_key_set_origttl(key, DNS_KEY_TTL);
    ldns_key_set_inception(key, from_s);
    ldns_key_set_expiration(key, from_s + DNS_VALID_FOR_S);
    ldns_key_set_use(key, true);
    return key;
}

static uint32_t dns_signed_at_s(const struct dns_model *model)
{
    return (uint32_t)(model->signed_at_us / TIME_SECOND);
}

static ldns_key *dns_zone_key(const struct dns_model *model, const struct dns_zone *zone)
{
    return dns_zone_key_from(zone, dns_signed_at_s(model) - DNS_VALID_BEFORE_S);
}

static ldns_rr *dns_key_record(ldns_key *key)
{
    ldns_rr *rr = ldns_key2rr(key);
    if (rr == NULL)
        abort();
    ldns_rr_set_ttl(rr, DNS_KEY_TTL);
    ldns_key_set_keytag(key, ldns_calc_keytag(rr));
    return rr;
}

static ldns_rr *dns_zone_ds(const struct dns_model *model, const struct dns_zone *zone)
{
    ldns_key *key = dns_zone_key(model, zone);
    ldns_rr *dnskey = dns_key_record(key);
    ldns_rr *ds = ldns_key_rr2ds(dnskey, LDNS_SHA256);
    if (ds == NULL)
        abort();
    ldns_rr_free(dnskey);
    ldns_key_deep_free(key);
    if (zone->ds == DNS_DS_WRONG)
        *ldns_rdf_data(ldns_rr_rdf(ds, DNS_DS_DIGEST_FIELD)) ^= 1;
    return ds;
}

void dns_zone_ds_to_text(const struct dns_zone *zone, struct buf *out)
{
    const struct dns_model no_dates = {.signed_at_us = TIME_DAY};
    ldns_rr *ds = dns_zone_ds(&no_dates, zone);
    char *text = ldns_rr2str(ds);
    buf_add_slice(out, slice_trim(slice_of(text)));
    free(text);
    ldns_rr_free(ds);
}

/* ---- what signing leaves in a zone */

static void dns_zone_unsign(struct dns_zone *zone)
{
    dns_signing_free(&zone->signing);
    dns_zone_remove(zone, zone->origin, LDNS_RR_TYPE_DNSKEY);
    dns_zone_remove(zone, zone->origin, LDNS_RR_TYPE_NSEC3PARAM);
    struct map_entry *next;
    for (struct map_entry *entry = map_first(&zone->nodes); entry != NULL; entry = next) {
        struct dns_node *node = map_value(entry);
        for (struct dns_rrset *set = node->sets; set != NULL; set = set->next)
            dns_rrset_clear_signatures(set);
        next = map_next(entry);
        if (dns_node_set(node, LDNS_RR_TYPE_NSEC) != NULL)
            dns_zone_remove(zone, node->name, LDNS_RR_TYPE_NSEC);
        else if (dns_node_set(node, LDNS_RR_TYPE_NSEC3) != NULL)
            dns_zone_remove(zone, node->name, LDNS_RR_TYPE_NSEC3);
    }
}

/* Adds a record that was made here; it always fits. */
static void dns_zone_add_own(struct dns_zone *zone, const ldns_rr *rr)
{
    struct err err;
    if (dns_zone_add(zone, rr, &err) != 0) {
        fprintf(stderr, "signing a zone: %s\n", err.text);
        abort();
    }
}

static int dns_node_order(const void *a, const void *b)
{
    const struct dns_node *const *x = a;
    const struct dns_node *const *y = b;
    return dns_wire_compare((*x)->name, (*y)->name);
}

static void dns_zone_order(struct dns_zone *zone)
{
    struct dns_signing *signing = mem_alloc(sizeof *signing);
    signing->nodes = mem_alloc_array(zone->nodes.count, sizeof *signing->nodes);
    for (struct map_entry *entry = map_first(&zone->nodes); entry != NULL;
         entry = map_next(entry)) {
        struct dns_node *node = map_value(entry);
        if (dns_node_set(node, zone->nsec3 ? LDNS_RR_TYPE_NSEC3 : LDNS_RR_TYPE_NSEC) != NULL)
            signing->nodes[signing->count++] = node;
    }
    if (signing->count > 0)
        qsort(signing->nodes, signing->count, sizeof(struct dns_node *), dns_node_order);
    zone->signing = signing;
}

struct dns_node *dns_signing_cover(const struct dns_zone *zone, struct slice name)
{
    const struct dns_signing *signing = zone->signing;
    struct dns_name hashed;
    if (signing == NULL || signing->count == 0)
        return NULL;
    if (zone->nsec3) {
        dns_nsec3_name(zone, name, &hashed);
        name = dns_name_slice(&hashed);
    }
    /* The last node that does not stand behind the name; the chain is a ring. */
    size_t low = 0;
    size_t high = signing->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dns_wire_compare(signing->nodes[middle]->name, name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return signing->nodes[low > 0 ? low - 1 : signing->count - 1];
}

struct dns_node *dns_signing_match(const struct dns_zone *zone, struct slice name)
{
    struct dns_name hashed;
    struct dns_node *node = dns_signing_cover(zone, name);
    if (zone->nsec3) {
        dns_nsec3_name(zone, name, &hashed);
        name = dns_name_slice(&hashed);
    }
    return node != NULL && slice_equal(node->name, name) ? node : NULL;
}

enum dns_ds dns_zone_trust(const struct dns_model *model, const struct dns_zone *zone)
{
    const struct dns_zone *at = zone;
    if (!zone->is_signed)
        return DNS_DS_MISSING;
    while (at->ds == DNS_DS_RIGHT && at != model->root)
        at = dns_model_find_zone(model, at->origin, true);
    return at->ds;
}

/* ---- signing */

/* Adds a record unless the zone says something else in its place (such as a CNAME). */
static void dns_zone_add_link(struct dns_zone *zone, ldns_rr *rr)
{
    struct err ignored;
    (void)!dns_zone_add(zone, rr, &ignored);
    ldns_rr_free(rr);
}

/* The child's NS and, if it is signed, DS: the link of the chain of trust. */
static void dns_zone_delegate(const struct dns_model *model, struct dns_zone *zone,
                              const struct dns_zone *child)
{
    struct slice name = child->origin;
    const struct dns_rrset *ns = dns_node_set(child->apex, LDNS_RR_TYPE_NS);
    struct slice data;
    bool delegated = dns_node_set(dns_zone_node(zone, name), LDNS_RR_TYPE_NS) != NULL;
    for (size_t at = 0; !delegated && dns_rdata_next(&ns->records, &at, &data);)
        dns_zone_add_link(zone, dns_record_make(name, LDNS_RR_TYPE_NS, ns->ttl, data));
    if (child->is_signed && child->ds != DNS_DS_MISSING)
        dns_zone_add_link(zone, dns_zone_ds(model, child));
}

static void dns_zone_delegate_all(const struct dns_model *model, struct dns_zone *zone)
{
    for (struct map_entry *entry = map_first(&model->zones); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_zone *child = map_value(entry);
        if (dns_model_find_zone(model, child->origin, true) == zone)
            dns_zone_delegate(model, zone, child);
    }
}

/* The zone as ldns signs it. The records belong to the result. */
static ldns_dnssec_zone *dns_zone_to_ldns(const struct dns_zone *zone)
{
    ldns_dnssec_zone *copy = ldns_dnssec_zone_new();
    for (struct map_entry *entry = map_first(&zone->nodes); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_node *node = map_value(entry);
        for (const struct dns_rrset *set = node->sets; set != NULL; set = set->next) {
            struct slice data;
            for (size_t at = 0; dns_rdata_next(&set->records, &at, &data);) {
                ldns_rr *rr = dns_record_make(node->name, set->type, set->ttl, data);
                if (rr != NULL && ldns_dnssec_zone_add_rr(copy, rr) != LDNS_STATUS_OK)
                    ldns_rr_free(rr);
            }
        }
    }
    return copy;
}

static void dns_zone_sign(struct dns_model *model, struct dns_zone *zone)
{
    ldns_key_list *keys = ldns_key_list_new();
    ldns_key *key = dns_zone_key(model, zone);
    ldns_rr *dnskey = dns_key_record(key);
    ldns_rr_list *made = ldns_rr_list_new();
    ldns_key_list_push_key(keys, key);
    dns_zone_unsign(zone);
    dns_zone_delegate_all(model, zone);
    dns_zone_add_own(zone, dnskey);
    ldns_rr_free(dnskey);
    ldns_dnssec_zone *copy = dns_zone_to_ldns(zone);
    ldns_status status =
        zone->nsec3
            ? ldns_dnssec_zone_sign_nsec3(copy, made, keys, ldns_dnssec_default_replace_signatures,
                                          NULL, DNS_NSEC3_ALGORITHM, DNS_NSEC3_FLAGS,
                                          DNS_NSEC3_ITERATIONS, 0, NULL)
            : ldns_dnssec_zone_sign(copy, made, keys, ldns_dnssec_default_replace_signatures, NULL);
    if (status != LDNS_STATUS_OK) {
        fprintf(stderr, "signing a zone: %s\n", ldns_get_errorstr_by_id(status));
        abort();
    }
    for (size_t i = 0; i < ldns_rr_list_rr_count(made); i++)
        dns_zone_add_own(zone, ldns_rr_list_rr(made, i));
    dns_zone_order(zone);
    /* What was made belongs to the copy of the zone as well. */
    ldns_rr_list_free(made);
    ldns_dnssec_zone_deep_free(copy);
    ldns_key_list_free(keys);
}

void dns_zone_sign_if_stale(struct dns_model *model, struct dns_zone *zone)
{
    if (!zone->is_signed || !zone->stale)
        return;
    dns_zone_sign(model, zone);
    zone->stale = false;
}

/* ---- signatures that are not right */

struct dns_rdata_list dns_signatures_bogus(const struct dns_rrset *set)
{
    struct dns_rdata_list list = {0};
    struct slice data;
    for (size_t at = 0; dns_rdata_next(&set->signatures, &at, &data);) {
        dns_rdata_add(&list, data);
        list.bytes[list.len - 1] ^= 1;
    }
    return list;
}

/* What a signature says of itself (RFC 4034 section 3.1). */
enum {
    DNS_RRSIG_LABELS_AT = 3,
    DNS_RRSIG_SIGNER_AT = 18,
};

/* The name under which an RRset was signed: the wildcard, where one stood for the owner. */
static struct dns_name dns_signed_name(struct slice owner, size_t labels)
{
    struct dns_name name;
    bool wildcard = dns_wire_labels(owner) > labels;
    while (dns_wire_labels(owner) > labels)
        owner = dns_wire_parent(owner);
    if (!wildcard || dns_name_wildcard(owner, &name) != 0)
        (void)!dns_name_from_wire(owner, &name);
    return name;
}

struct dns_rdata_list dns_signatures_expired(const struct dns_model *model,
                                             const struct dns_rrset *set, struct slice owner)
{
    struct dns_rdata_list list = {0};
    struct slice data;
    struct dns_name signer;
    size_t at = 0;
    if (!dns_rdata_next(&set->signatures, &at, &data) ||
        dns_name_from_wire(slice_skip(data, DNS_RRSIG_SIGNER_AT), &signer) == 0)
        return list;
    const struct dns_zone *zone = dns_model_zone(model, dns_name_slice(&signer));
    if (zone == NULL)
        return list;
    struct dns_name name = dns_signed_name(owner, (unsigned char)data.data[DNS_RRSIG_LABELS_AT]);
    ldns_key_list *keys = ldns_key_list_new();
    ldns_key *key = dns_zone_key_from(zone, dns_signed_at_s(model) - 2 * DNS_VALID_FOR_S);
    ldns_rr_free(dns_key_record(key));
    ldns_key_list_push_key(keys, key);
    ldns_rr_list *records = ldns_rr_list_new();
    for (at = 0; dns_rdata_next(&set->records, &at, &data);)
        ldns_rr_list_push_rr(records,
                             dns_record_make(dns_name_slice(&name), set->type, set->ttl, data));
    ldns_rr_list *made = ldns_sign_public(records, keys);
    struct buf bytes;
    buf_init(&bytes, DNS_RDATA_BYTES_MAX);
    if (made != NULL && dns_record_data(ldns_rr_list_rr(made, 0), &bytes))
        dns_rdata_add(&list, buf_slice(&bytes));
    buf_deinit(&bytes);
    ldns_rr_list_deep_free(made);
    ldns_rr_list_deep_free(records);
    ldns_key_list_free(keys);
    return list;
}
