/*
 * check_host() of RFC 7208: may this address send mail with this identity?
 *
 * One call is one evaluation: a pure function of the request and of the resolver's answers. All
 * that it returns lives in the arena that it is given.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "mta-under-test/mailauth/core/ip.h"

/* RFC 7208 section 2.6; the names in lower case are those of RFC 8601 section 2.7.2. */
enum spf_result {
    SPF_RESULT_NONE,
    SPF_RESULT_NEUTRAL,
    SPF_RESULT_PASS,
    SPF_RESULT_FAIL,
    SPF_RESULT_SOFTFAIL,
    SPF_RESULT_TEMPERROR,
    SPF_RESULT_PERMERROR,
    SPF_RESULT_PENDING /* the resolver does not know an answer yet: run it again */
};

/* Why, for machines; spf_reason_name() gives the word with hyphens. */
enum spf_reason {
    SPF_REASON_MATCHED,            /* a mechanism matched */
    SPF_REASON_NO_MATCH,           /* none did, and there is no redirect (4.7) */
    SPF_REASON_NO_RECORD,          /* no record, or no such domain (4.5) */
    SPF_REASON_BAD_DOMAIN,         /* the identity has no domain that can be asked (4.3) */
    SPF_REASON_SEVERAL_RECORDS,    /* 4.5 */
    SPF_REASON_SYNTAX,             /* 4.6 */
    SPF_REASON_LOOKUP_LIMIT,       /* more terms that ask DNS than allowed (4.6.4) */
    SPF_REASON_VOID_LIMIT,         /* more void look-ups than allowed (4.6.4) */
    SPF_REASON_MX_LIMIT,           /* an mx with more hosts than allowed (4.6.4) */
    SPF_REASON_INCLUDE_NO_RECORD,  /* an include of a domain without record (5.2) */
    SPF_REASON_REDIRECT_NO_RECORD, /* 6.1 */
    SPF_REASON_DNS_FAILURE,        /* 2.6.6 */
    SPF_REASON_DNS_PENDING
};

enum spf_identity { SPF_IDENTITY_MAILFROM, SPF_IDENTITY_HELO };

struct spf_limits {
    unsigned lookups_max;      /* terms that ask DNS: 10 */
    unsigned void_lookups_max; /* 2 */
    unsigned hosts_max;        /* hosts of one mx, names of one ptr: 10 */
};

extern const struct spf_limits SPF_LIMITS_DEFAULT;

struct spf_request {
    struct ip_address ip;
    struct slice helo;
    /* The reverse-path without angle brackets; empty: postmaster@helo is checked (2.4). */
    struct slice mail_from;
    enum spf_identity identity; /* SPF_IDENTITY_HELO: helo is checked, mail_from is not read */
    struct slice default_explanation;
    struct slice receiver;           /* for %{r}; empty: "unknown" */
    int64_t now_us;                  /* for %{t} */
    const struct spf_limits *limits; /* NULL: the default */
};

struct spf_outcome {
    enum spf_result result;
    enum spf_reason reason;
    struct slice domain;        /* that was asked for a record */
    struct slice sender;        /* local-part@domain as evaluated */
    enum spf_identity identity; /* the one that was checked */
    struct slice explanation;   /* with SPF_RESULT_FAIL: for the reply to the client (6.2) */
    struct slice term;          /* that decided, or that is wrong; empty if there is none */
    const char *problem;        /* with an error: what is wrong, in words; else "" */
    unsigned lookups;
    unsigned void_lookups;
};

void spf_check(const struct spf_request *request, const struct dns_resolver *resolver,
               struct arena *arena, struct facts *facts, struct spf_outcome *outcome);

const char *spf_result_name(enum spf_result result);
const char *spf_reason_name(enum spf_reason reason);
