/*
 * Where a policy comes from, and which domains belong to one organisation: by the public suffix
 * list (RFC 7489 sections 3.2 and 6.6.3) or by the DNS tree walk (RFC 9989 section 4.10).
 */
#pragma once

#include <libpsl.h>

#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "mta-under-test/mailauth/dmarc/dmarc_record.h"

enum { DMARC_WALK_MAX = 8 }; /* queries of one tree walk */

/* What discovery stands on. */
struct dmarc_context {
    enum dmarc_version version;
    const psl_ctx_t *psl; /* NULL: the list that is built into libpsl */
    const struct dns_resolver *resolver;
    struct arena *arena;
    struct facts *facts; /* may be NULL */
};

enum dmarc_discovery_status {
    DMARC_FOUND,
    DMARC_NO_RECORD,
    DMARC_BAD_RECORD, /* p= is not usable, and there is no rua= (RFC 7489 6.6.3, RFC 9989 4.10.1) */
    DMARC_DNS_FAILURE,
    DMARC_DNS_PENDING
};

struct dmarc_discovery {
    enum dmarc_discovery_status status;
    struct slice record_domain;  /* below whose _dmarc the record was found */
    struct slice organizational; /* of the domain that was asked for */
    /* The author domain's own record applies whatever comes of the rest of the walk (RFC 9989
     * 4.10.1); anything else than DMARC_FOUND here means that `organizational` is not known. */
    enum dmarc_discovery_status walk;
    bool is_nonexistent; /* the domain does not exist in DNS: np= applies */
    struct dmarc_record record;
    enum dmarc_policy policy; /* that applies to the domain: p=, sp= or np= */
};

/* The organisational domain by the public suffix list; the empty slice for a public suffix and for
 * what is no domain name (an address, too). In lower case, in the form in which the name is given
 * (U-labels or A-labels). */
struct slice dmarc_psl_domain(const psl_ctx_t *psl, struct slice domain, struct arena *arena);

/* The organisational domain as alignment needs it: by the list or by a walk, and the domain itself
 * where there is no other. DMARC_FOUND, DMARC_DNS_FAILURE or DMARC_DNS_PENDING. */
enum dmarc_discovery_status dmarc_organizational_domain(const struct dmarc_context *context,
                                                        struct slice domain,
                                                        struct slice *organizational);

/* Finds the policy for an author domain (in A-labels). */
void dmarc_discover(const struct dmarc_context *context, struct slice domain,
                    struct dmarc_discovery *found);
