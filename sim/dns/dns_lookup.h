/* Looks a name up inside one zone: RFC 1034 section 4.3.2 step 3, RFC 4592. */
#pragma once

#include "sim/dns/dns_model.h"

enum dns_match {
    DNS_MATCH_DATA,     /* `set`, or all of `node` for type ANY */
    DNS_MATCH_ALIAS,    /* `set` is a CNAME */
    DNS_MATCH_SUBTREE,  /* `set` is the DNAME of `node`, which stands above the name (RFC 6672) */
    DNS_MATCH_NODATA,   /* the name exists */
    DNS_MATCH_NXDOMAIN, /* it does not */
    DNS_MATCH_CUT,      /* it stands in a child zone: `set` is the NS of `cut` */
};

struct dns_found {
    enum dns_match match;
    struct dns_node *node; /* NULL where the name exists only because of zones below it */
    struct dns_rrset *set;
    struct slice cut;      /* part of the name that was looked up */
    struct slice encloser; /* the longest ancestor that exists; the name itself if it does */
    bool wildcard;         /* `node` is a wildcard that stands for the name */
};

struct dns_found dns_lookup_name(const struct dns_model *model, const struct dns_zone *zone,
                                 struct slice name, uint16_t type);
