/*
 * Decides what the answer to a question is: RFC 1034 section 4.3.2 with wildcards (RFC 4592),
 * negative answers (RFC 2308), delegations and aliases. Pure: a model and a question in, a plan of
 * RRsets out. The plan borrows from the model and is good until the model changes.
 */
#pragma once

#include "sim/dns/dns_model.h"

/* How a server behaves at the address that was asked. */
enum dns_role {
    DNS_ROLE_RESOLVER,      /* knows the whole internet; RA, no AA */
    DNS_ROLE_AUTHORITATIVE, /* a server of every zone but the root; AA, referrals */
    DNS_ROLE_ROOT,          /* a server of the root alone: referrals to the zones below it */
};

enum dns_section {
    DNS_SECTION_ANSWER,
    DNS_SECTION_AUTHORITY,
    DNS_SECTION_ADDITIONAL,
    DNS_SECTION_COUNT,
};

enum {
    DNS_PLAN_PARTS_MAX = 96,
    DNS_ALIASES_MAX = 16, /* as many are followed; more is a loop */
};

/* One RRset of the answer. */
struct dns_part {
    struct dns_rrset *set;
    const struct dns_rdata_list *signatures; /* the set's, unless a fault put others in */
    struct slice owner;                      /* the name asked where a wildcard gave it */
    enum dns_section section;
    uint32_t ttl_max; /* RFC 2308 section 3 for the SOA; UINT32_MAX is no limit */
};

struct dns_plan {
    enum dns_role role;
    bool dnssec; /* with signatures and proofs (the DO bit) */
    uint16_t type;

    int rcode;
    bool authoritative; /* AA */
    bool secure;        /* every zone that had a say is signed, with a chain of trust */
    bool bogus;         /* the chain of trust to one of them is broken */
    size_t part_count;
    struct dns_part parts[DNS_PLAN_PARTS_MAX];
    struct dns_rrset *made[DNS_ALIASES_MAX + 1]; /* aliases that stand in no zone; owned */
    size_t made_count;
    size_t alias_count;                         /* how many were followed */
    struct dns_name names[DNS_ALIASES_MAX + 1]; /* the name asked, then where aliases led */
};

enum dns_step {
    DNS_STEP_DONE,
    DNS_STEP_ALIAS, /* names[alias_count] is to be resolved next */
};

/* Sets the plan (which starts as all zero) up for a question. */
void dns_plan_begin(struct dns_plan *plan, enum dns_role role, const struct dns_name *name,
                    uint16_t type);

void dns_plan_deinit(struct dns_plan *plan);

/* Adds an alias of the last name that stands in no zone. */
struct dns_rrset *dns_plan_add_made(struct dns_plan *plan, uint32_t ttl, struct slice target);

/* Resolves the last name of the plan. The caller goes on while it says DNS_STEP_ALIAS and may look
 * at each name in between. */
enum dns_step dns_resolve_step(struct dns_model *model, struct dns_plan *plan);

/* Throws away what was planned for the last name and answers it with an error (no records), or, for
 * NXDOMAIN and NOERROR, as one that does not exist (has no such data). */
void dns_plan_fail(struct dns_plan *plan, int rcode);
void dns_plan_deny(struct dns_model *model, struct dns_plan *plan, int rcode);

/* Adds an RRset (NULL is allowed), unless it is there or there is no more room. Returns its part,
 * or NULL. */
struct dns_part *dns_plan_add(struct dns_plan *plan, enum dns_section section,
                              struct dns_rrset *set, struct slice owner);
