/*
 * What goes wrong with DNS, by name, type and time. The first fault of the scenario that matches a
 * query and is on at that moment decides.
 *
 * A fault is data and does not change; what changes while the world runs (draws of chance, how
 * often it was used) belongs to whoever answers (dns_answer.h).
 */
#pragma once

#include "sim/dns/dns_record.h"
#include "sim/value/pattern.h"
#include "sim/value/range.h"

enum dns_fault_answer {
    DNS_FAULT_RIGHT,       /* the right answer; only the delay or the TTL is at fault */
    DNS_FAULT_SERVFAIL,    /* RCODE 2 */
    DNS_FAULT_REFUSED,     /* RCODE 5 */
    DNS_FAULT_FORMERR,     /* RCODE 1 */
    DNS_FAULT_NOTIMP,      /* RCODE 4 */
    DNS_FAULT_NXDOMAIN,    /* the name does not exist */
    DNS_FAULT_NODATA,      /* the name exists, the type does not */
    DNS_FAULT_NONE,        /* no answer at all */
    DNS_FAULT_TRUNCATE,    /* by UDP: TC and no records */
    DNS_FAULT_TCP_REFUSED, /* by TCP: the connection is reset; by UDP right */
    DNS_FAULT_WRONG_ID,    /* the right answer under another id: a client must go on waiting */
    DNS_FAULT_WRONG_NAME,  /* an answer to another question */
    DNS_FAULT_GARBAGE,     /* bytes that are no message */
    DNS_FAULT_CUT,         /* a message that ends in the middle of its records */
    DNS_FAULT_CNAME_LOOP,  /* an alias that points to itself */
    DNS_FAULT_LAME,        /* not authoritative, upward referral to the root */
    DNS_FAULT_WRONG_CASE,  /* the name comes back in small letters (0x20) */
    DNS_FAULT_NO_EDNS,     /* OPT is not understood: an answer as of 1987, 512 bytes at most */
    DNS_FAULT_OPT_FORMERR, /* FORMERR to what has an OPT record, else right */
    DNS_FAULT_BADVERS,     /* BADVERS to what has an OPT record, else right */
    DNS_FAULT_BOGUS,       /* DNSSEC: signatures do not verify */
    DNS_FAULT_EXPIRED,     /* DNSSEC: signatures are too old */
    DNS_FAULT_UNSIGNED,    /* DNSSEC: signatures are missing */
    DNS_FAULT_ANSWER_COUNT,
};

enum { DNS_FAULT_TYPES_MAX = 16 };

struct dns_fault {
    char *place;             /* JSON path in the scenario; owned */
    struct pattern *pattern; /* of the name; NULL is every name */
    uint16_t types[DNS_FAULT_TYPES_MAX];
    size_t type_count; /* 0 is every type */
    enum dns_fault_answer answer;
    bool udp;
    bool tcp;
    int64_t delay_us; /* before the answer */
    bool windowed;
    struct window during;
    uint32_t millionths; /* its chance at each query */
    int64_t times;       /* it ends after so many queries; 0 is never */
    bool ttl_given;
    uint32_t ttl; /* of all records */
};

/* One entry of "faults". The pattern lives in `arena`. */
int dns_fault_parse(struct spec spec, struct arena *arena, struct dns_fault **fault,
                    struct err *err) MUST_CHECK;
void dns_fault_free(struct dns_fault **fault);

/* Whether it is meant for this query at this moment; chance and count are not looked at. `name` is
 * text without the final dot, `type` 0 fits all faults. */
bool dns_fault_matches(const struct dns_fault *fault, struct slice name, uint16_t type, bool tcp);
bool dns_fault_is_on(const struct dns_fault *fault, int64_t now_us, int64_t since_start_us);

/* Whether only queries with an OPT record meet it. */
bool dns_fault_needs_edns(const struct dns_fault *fault);

/* True if `first` always decides where `later` would. */
bool dns_fault_hides(const struct dns_fault *first, const struct dns_fault *later);

/* "servfail", as the scenario writes it. */
const char *dns_fault_answer_name(enum dns_fault_answer answer);

/* Appends it in words: "mx2.bigmail.test A: servfail, from 10m to 2h". */
void dns_fault_to_text(const struct dns_fault *fault, struct buf *out);
