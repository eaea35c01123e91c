/*
 * The answer section of a DNS message (RFC 1035 4.1), as far as delivery needs it: MX, A, AAAA,
 * TXT and TLSA records with their TTLs, behind any CNAMEs. No I/O.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/refmta/net/ip.h"

enum {
    DNS_TYPE_A = 1,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_TLSA = 52
};

/* As many as a message of 64 KiB can hold of the smallest. */
enum { DNS_RECORDS_MAX = 4096 };

struct dns_record {
    uint32_t ttl_seconds;
    uint16_t preference;       /* MX */
    const char *host;          /* MX, PTR: lower case, without the last dot; "" for the root */
    struct ip_address address; /* A, AAAA */
    struct slice text;         /* TXT: the strings joined; TLSA: the whole data as it is */
};

struct dns_answer {
    unsigned rcode;
    bool authentic;             /* the AD bit */
    bool is_cut;                /* the TC bit: records are missing (RFC 2181 section 9) */
    const char *canonical;      /* the last name behind CNAMEs; NULL if there is none */
    struct dns_record *records; /* of the type that was asked for, in the order of the message */
    size_t count;
};

/* Memory is from the arena. -1 if the message is broken. At most DNS_RECORDS_MAX are kept. */
int dns_answer_parse(struct slice message, unsigned type, struct arena *arena,
                     struct dns_answer *answer) __attribute__((warn_unused_result));
