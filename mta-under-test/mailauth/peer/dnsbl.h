/*
 * DNS blocklists and allowlists (RFC 5782): the forms of the queries, and what answers mean.
 */
#pragma once

#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "mta-under-test/mailauth/core/ip.h"

enum { DNSBL_CODES_MAX = 32 };

enum dnsbl_status {
    DNSBL_LISTED,
    DNSBL_NOT_LISTED,
    DNSBL_REFUSED, /* 127.255.255.0/24: the list does not answer this resolver */
    DNSBL_BROKEN,  /* an answer outside of 127.0.0.0/8: the list is dead or was taken over */
    DNSBL_TEMPERROR,
    DNSBL_PENDING
};

struct dnsbl_outcome {
    enum dnsbl_status status;
    size_t count;
    unsigned char codes[DNSBL_CODES_MAX]
                       [4]; /* the return codes, 127.x.x.x, in the answer's order */
    struct slice text;      /* the TXT record that says why, if there is one */
};

enum { DNSBL_NAME_BYTES = 320 };

/* "1.2.0.192.ZONE" (2.1), or 32 nibbles (2.4). Returns `name`. */
const char *dnsbl_ip_name(const struct ip_address *ip, struct slice zone,
                          char name[DNSBL_NAME_BYTES]);
/* "example.test.ZONE" for lists of domains (2.3). Returns `name`. */
const char *dnsbl_domain_name(struct slice domain, struct slice zone, char name[DNSBL_NAME_BYTES]);

/* Asks for a name made by one of the above. */
void dnsbl_check(const char *name, const struct dns_resolver *resolver, struct facts *facts,
                 struct dnsbl_outcome *outcome);

const char *dnsbl_status_name(enum dnsbl_status status);
