/*
 * iprev, also called FCrDNS (RFC 8601 section 3): the client's address has a name, and that name
 * has the address.
 */
#pragma once

#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "mta-under-test/mailauth/core/ip.h"

enum { IPREV_NAMES_MAX = 10 };

/* The words of RFC 8601 section 2.7.3. */
enum iprev_result {
    IPREV_PASS,
    IPREV_FAIL,
    IPREV_TEMPERROR,
    IPREV_PERMERROR, /* the address has no name */
    IPREV_PENDING
};

struct iprev_outcome {
    enum iprev_result result;
    struct slice name; /* with a pass the name that has the address, else the first name */
    size_t names;      /* how many names the address has */
};

void iprev_check(const struct ip_address *ip, const struct dns_resolver *resolver,
                 struct facts *facts, struct iprev_outcome *outcome);

const char *iprev_result_name(enum iprev_result result);
