/*
 * One zone: a tree of names, each with its RRsets. Data are kept as bytes ready for a message, so
 * that an answer is a copy and not an encoding. Names are found by hash. Names that have nothing
 * but descendants exist too (empty non-terminals, RFC 4592 section 2.2.2).
 *
 * A zone owns its names and RRsets; a pointer to one is good until the zone is changed.
 */
#pragma once

#include "mta-under-test/base/map.h"
#include "sim/dns/dns_record.h"

/* Record data, one behind the other, each with its length in two bytes in front. */
struct dns_rdata_list {
    unsigned char *bytes;
    uint32_t len;
    uint32_t count;
};

struct dns_rrset {
    struct dns_rrset *next; /* of the same name */
    struct dns_rdata_list records;
    struct dns_rdata_list signatures; /* RRSIGs over this set, with the same TTL */
    char **texts; /* the first records as texts, ending in NULL; made when first asked for */
    uint32_t ttl; /* RFC 2181 section 5.2: one for all; the first record's counts */
    uint16_t type;
    bool made; /* by dns_zone_complete(): gives way to records of the scenario */
};

struct dns_node {
    struct dns_node *parent; /* NULL at the top of the zone */
    size_t children;         /* names one label below, in this zone */
    struct dns_rrset *sets;
    struct slice name; /* lower case, the map's copy */
};

/* The link of the chain of trust from a signed zone's parent. */
enum dns_ds {
    DNS_DS_RIGHT,
    DNS_DS_MISSING, /* none: a resolver takes the zone as unsigned */
    DNS_DS_WRONG,   /* of another key: all of the zone is bogus */
};

struct dns_zone {
    struct slice origin; /* the name of its top */
    struct map nodes;    /* by name */
    struct dns_node *apex;
    size_t record_count;
    bool made;                   /* by us and not by the scenario: the root, reverse zones, ... */
    bool is_signed;              /* DNSSEC is wanted */
    bool nsec3;                  /* with hashed denial of existence (dns_nsec3.h) */
    enum dns_ds ds;              /* what its parent says of its key */
    bool stale;                  /* changed since it was signed last */
    struct dns_signing *signing; /* NULL until it is signed (dns_sign.h) */
};

enum {
    DNS_SET_RECORDS_MAX = 8192, /* what fits into the largest message, and some */
    DNS_SET_TEXTS_MAX = 8,      /* as many are shown in the log */
    DNS_ZONE_RECORDS_MAX = 4000000,
};

/* `origin` in lower case. */
struct dns_zone *dns_zone_new(struct slice origin);
void dns_zone_free(struct dns_zone **zone);

/* Adds a record; one that is there already is left alone. -1 if it does not belong into this zone
 * or stands against what is there (a CNAME beside other data, RFC 1034 section 3.6.2). */
int dns_zone_add(struct dns_zone *zone, const ldns_rr *rr, struct err *err) MUST_CHECK;

/* Gives the zone an SOA and an NS record if it has none; they give way to such records that are
 * added later. `server` is a name in wire form. */
void dns_zone_complete(struct dns_zone *zone, struct slice server);

/* The node of a name, or NULL if the name does not exist in the zone. */
struct dns_node *dns_zone_node(const struct dns_zone *zone, struct slice name);

/* The RRset, or NULL if there are no records of the type (a signature alone is no RRset). */
struct dns_rrset *dns_node_set(const struct dns_node *node, uint16_t type);

/* Takes out an RRset, or all of a name (type 0), and names that are left empty. Returns how many
 * RRsets went. */
size_t dns_zone_remove(struct dns_zone *zone, struct slice name, uint16_t type);

/* Adds data of at most DNS_RDATA_BYTES_MAX bytes. */
void dns_rdata_add(struct dns_rdata_list *list, struct slice data);
void dns_rdata_clear(struct dns_rdata_list *list);

/* Walks the data of a list: start with *at = 0; false at the end. */
bool dns_rdata_next(const struct dns_rdata_list *list, size_t *at, struct slice *data);

/* An RRset that belongs to no zone, with one record. */
struct dns_rrset *dns_rrset_new(uint16_t type, uint32_t ttl, struct slice data);
void dns_rrset_free(struct dns_rrset **set);

/* The i-th record (below DNS_SET_TEXTS_MAX) as text, or NULL if there are not so many. */
const char *dns_rrset_text(struct dns_rrset *set, size_t i);

/* Adds a signature of an RRset. */
void dns_rrset_add_signature(struct dns_rrset *set, struct slice data);
/* Takes all signatures away. */
void dns_rrset_clear_signatures(struct dns_rrset *set);
