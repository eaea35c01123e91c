/*
 * The DNS of a simulated internet: all zones, and the faults. It is filled by the scenario
 * (dns_spec.h) and by the parts that make zones by themselves (hosts, reverse zones), and changed
 * while the world runs by the timeline. dns_answer.h answers from it.
 *
 * There always is a root zone. Names outside of all zones do not exist. Zones that the scenario
 * does not complete get an SOA and an NS that name the common server of all zones,
 * DNS_SERVER_NAME, which has a zone and addresses of its own.
 *
 * Texts of names may end in a dot or not. Errors tell what is wrong, but not where the text came
 * from: the caller puts the place in front.
 */
#pragma once

#include "sim/dns/dns_zone.h"
#include "sim/value/address.h"

#define DNS_SERVER_NAME "ns.nameservers.test"
#define DNS_SERVER_ZONE "nameservers.test"
#define DNS_SERVER_IPV4 "198.18.0.54"
#define DNS_SERVER_IPV6 "2001:db8:18::54"

/* The root has addresses of its own: asked there, one is sent to the zone below it. */
#define DNS_ROOT_IPV4 "198.18.0.55"
#define DNS_ROOT_IPV6 "2001:db8:18::55"

enum { DNS_TTL_DEFAULT = 300 };

/* Who resolves for the server under test. */
enum dns_resolver_kind {
    DNS_RESOLVER_SIM,     /* we do */
    DNS_RESOLVER_UNBOUND, /* a real one, which asks us (dns_unbound.h) */
};

struct dns_fault;

struct dns_model {
    struct map zones; /* struct dns_zone by origin (wire form, lower case) */
    struct map above; /* every name at or above an origin: these exist in the zone above */
    struct dns_zone *root;
    struct dns_fault **faults; /* in the order of the scenario; owned */
    size_t fault_count;
    enum dns_resolver_kind resolver;
    uint32_t ttl;          /* of records that do not give one */
    uint16_t udp_bytes;    /* the largest answer by UDP, whatever the client allows */
    int64_t signed_at_us;  /* signatures count from here (virtual time since 1970) */
    uint64_t change_count; /* moves with each change of a zone */
    struct arena arena;    /* of what the faults hold */
};

struct dns_model *dns_model_new(void);
void dns_model_free(struct dns_model **model);

/* Makes an empty zone with SOA and NS, or finds the one that is there. */
int dns_model_add_zone(struct dns_model *model, const char *zone, struct err *err) MUST_CHECK;

/* Reads an RFC 1035 zone file into a zone that is made for it. `name` is what errors call it; they
 * name the line. $TTL and $ORIGIN are known, $INCLUDE is refused. */
int dns_model_add_zone_file(struct dns_model *model, const char *zone, FILE *file, const char *name,
                            struct err *err) MUST_CHECK;

/* Adds "NAME [TTL] TYPE DATA", relative to the zone ("@ MX 10 mail"). The zone must be there. */
int dns_model_add_record(struct dns_model *model, const char *zone, const char *text,
                         struct err *err) MUST_CHECK;

/* The same with a TXT record whose text may be of any length: it is cut into strings. */
int dns_model_add_txt(struct dns_model *model, const char *zone, const char *name, const char *text,
                      struct err *err) MUST_CHECK;

/* A PTR record for an address, in the reverse zone that encloses it, or in in-addr.arpa (ip6.arpa),
 * which is made. An address that has a PTR keeps it. */
int dns_model_add_ptr(struct dns_model *model, const struct address *address, const char *name,
                      struct err *err) MUST_CHECK;

/* The timeline's dns-set: each RRset (name and type) that `texts` name is replaced by those that
 * they give. All or nothing. */
int dns_model_replace_records(struct dns_model *model, const char *zone, const char *const *texts,
                              size_t count, struct err *err) MUST_CHECK;

/* Whether dns_model_replace_records() would be right, without doing it. */
int dns_model_check_records(const struct dns_model *model, const char *zone,
                            const char *const *texts, size_t count, struct err *err) MUST_CHECK;

/* The timeline's dns-remove: takes out a name's RRsets of a type ("MX"), or all (NULL). `name` is
 * relative to the zone unless it ends in a dot or in the zone's name. */
int dns_model_remove(struct dns_model *model, const char *zone, const char *name, const char *type,
                     struct err *err) MUST_CHECK;

/* DNSSEC for a zone, from now on. -1 if there is no such zone. */
int dns_model_set_signed(struct dns_model *model, const char *zone, struct err *err) MUST_CHECK;
/* How a zone that is signed differs from the usual: what its parent says, hashed denial. */
void dns_model_set_signing(struct dns_model *model, const char *zone, enum dns_ds ds, bool nsec3);

/* When the run starts (since 1970): signatures count from then. dns_answerer_new() sets it. */
void dns_model_set_start(struct dns_model *model, int64_t start_us);

/* ---- asking */

bool dns_model_has_zone(const struct dns_model *model, const char *zone);
/* True if the name exists in its zone (it may be an empty non-terminal). Wildcards do not count. */
bool dns_model_has_name(const struct dns_model *model, const char *name);
/* True if the name has records of the type ("MX"). Wildcards do not count. */
bool dns_model_has_record(const struct dns_model *model, const char *name, const char *type);
/* Appends the name of the zone that holds a name (never the made root). False if there is none. */
bool dns_model_zone_of(const struct dns_model *model, const char *name, struct buf *zone);

/* The zone that holds a name: the deepest whose origin encloses it. With `above`, one whose origin
 * is the name itself does not count. Never NULL unless `above` is asked of the root. */
struct dns_zone *dns_model_find_zone(const struct dns_model *model, struct slice name, bool above);
/* The zone with this very origin, or NULL. */
struct dns_zone *dns_model_zone(const struct dns_model *model, struct slice origin);
/* True if the name is an origin, or has one below it. */
bool dns_model_is_above(const struct dns_model *model, struct slice name);

/* All in words, for `explain`: one record a line, zones and faults with a heading. Zones that we
 * made are left out unless `all`. */
void dns_model_explain(const struct dns_model *model, bool all, struct buf *out);
