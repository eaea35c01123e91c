/*
 * The resolver interface on which every check of this library stands. A check asks, never waits: a
 * resolver that does not know an answer yet says DNS_PENDING, the check then ends with its own
 * "pending" outcome, and the caller runs it again once the answers are there. Since the checks
 * are pure functions, the second run goes the same way up to the point where the first stopped.
 *
 * What a resolver does for the checks: it follows CNAMEs and gives the answer of the last name; it
 * joins the strings of one TXT record without a space (RFC 7208 section 3.3, RFC 6376 section
 * 3.6.2.2); it answers DNS_SERVFAIL for loops and broken answers.
 */
#pragma once

#include "mta-under-test/base/slice.h"

enum dns_type {
    DNS_TYPE_A,
    DNS_TYPE_AAAA,
    DNS_TYPE_MX,
    DNS_TYPE_TXT,
    DNS_TYPE_PTR,
    DNS_TYPE_TLSA,
    DNS_TYPE_SOA, /* its presence alone: the record has no data */
};

enum dns_status {
    DNS_OK,       /* at least one record */
    DNS_NODATA,   /* the name exists, without records of this type */
    DNS_NXDOMAIN, /* no such name */
    DNS_SERVFAIL, /* the server failed, or its answer was broken */
    DNS_TIMEOUT,  /* no answer */
    DNS_PENDING   /* not known yet: ask again later */
};

/* One record of an answer. */
struct dns_record {
    /* TXT: the joined strings. MX, PTR: the name without a final dot ("" is the root). TLSA: the
     * rdata in wire form (usage, selector, matching type, association data). */
    struct slice data;
    uint16_t preference;       /* MX */
    unsigned char address[16]; /* A (4 bytes), AAAA (16 bytes) */
};

struct dns_answer {
    enum dns_status status;
    bool authenticated; /* the resolver validated it by DNSSEC */
    size_t count;
    const struct dns_record *records;
};

/* A resolver: its context and its one function. The name is in lower case, without the final dot.
 * The answer is never NULL, belongs to the resolver and is valid as long as the resolver is. */
struct dns_resolver {
    void *context;
    const struct dns_answer *(*lookup)(void *context, enum dns_type type, struct slice name);
};

const char *dns_type_name(enum dns_type type);
/* In words, for people: "no such name", "the server failed", ... */
const char *dns_status_name(enum dns_status status);

/* True for the two negative answers, which RFC 7208 section 4.6.4 calls void. */
bool dns_status_is_void(enum dns_status status);
/* True for the two failures that may pass by waiting. */
bool dns_status_is_failure(enum dns_status status);

/* Asks. The name may be in any case and have a final dot; a name that cannot exist (an empty label,
 * one of more than 63 bytes, more than 253 in all) is answered DNS_NXDOMAIN without asking. */
const struct dns_answer *dns_lookup(const struct dns_resolver *resolver, enum dns_type type,
                                    struct slice name);
