/*
 * DNSSEC for zones of the model (RFC 4033 to 4035, 8080), made by ldns: one Ed25519 key a zone, an
 * NSEC or NSEC3 chain, signatures. Everything is derived from the zone, so it is the same in each
 * run: the key from the zone's name, the dates from the model's `signed_at_us`.
 *
 * A signed zone that has child zones in the model gets their NS and DS, so that the chain of trust
 * can be walked.
 */
#pragma once

#include "sim/dns/dns_model.h"

/* The order of the names that have an NSEC record. */
struct dns_signing {
    struct dns_node **nodes;
    size_t count;
};

/* Signs a zone that is to be signed and has changed since; any other is left alone. */
void dns_zone_sign_if_stale(struct dns_model *model, struct dns_zone *zone);

/* Signatures of an RRset that are not right: with a bit turned over; made with the right key, but
 * over for a year when the run started. `owner` is the name in the answer. The caller clears the
 * list. */
struct dns_rdata_list dns_signatures_bogus(const struct dns_rrset *set);
struct dns_rdata_list dns_signatures_expired(const struct dns_model *model,
                                             const struct dns_rrset *set, struct slice owner);

/* The node whose NSEC (or NSEC3) record covers a name of the zone, or is the name's own. NULL if
 * the zone is not signed. */
struct dns_node *dns_signing_cover(const struct dns_zone *zone, struct slice name);
/* The node with the name's own NSEC or NSEC3 record, or NULL. */
struct dns_node *dns_signing_match(const struct dns_zone *zone, struct slice name);

/* What a resolver with the root's trust anchor makes of a zone's signatures: DNS_DS_MISSING where
 * no chain of trust leads to it. A zone whose parents are not signed is taken as if they were. */
enum dns_ds dns_zone_trust(const struct dns_model *model, const struct dns_zone *zone);

/* The DS record of a zone for its parent, as text (RFC 4034 section 5.3): a trust anchor. */
void dns_zone_ds_to_text(const struct dns_zone *zone, struct buf *out);

void dns_signing_free(struct dns_signing **signing);
