/*
 * A DMARC policy record (RFC 7489 section 6.3 and 6.4, RFC 9989 section 4.7 and 4.8).
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

/* Which of the two specifications is followed. */
enum dmarc_version { DMARC_RFC7489, DMARC_RFC9989 };

enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };

enum { DMARC_URIS_MAX = 50 };

/* Where a report is to go. */
struct dmarc_uri {
    struct slice uri;     /* without the size */
    struct slice address; /* of a mailto: URI, percent-decoded; empty for others */
    uint64_t bytes_max;   /* "!10m"; 0: no limit */
};

struct dmarc_record {
    bool has_policy;     /* p= is there and valid */
    bool has_bad_policy; /* p=, sp= or np= is there and not valid */
    enum dmarc_policy policy;
    enum dmarc_policy subdomain_policy;   /* sp=, or p= */
    enum dmarc_policy nonexistent_policy; /* np=, or sp=, or p= */
    bool is_strict_dkim;                  /* adkim=s */
    bool is_strict_spf;                   /* aspf=s */
    unsigned percent;                     /* pct=: 100 where it is not said */
    bool is_testing;                      /* t=y (RFC 9989) */
    char psd;                             /* 'y', 'n' or 'u' (RFC 9989) */
    uint32_t interval_s;                  /* ri= */
    bool reports_all;                     /* fo=0 (the default) */
    bool reports_any;                     /* fo=1 */
    bool reports_dkim;                    /* fo=d */
    bool reports_spf;                     /* fo=s */
    size_t aggregate_count;
    struct dmarc_uri *aggregate; /* rua= */
    size_t failure_count;
    struct dmarc_uri *failure; /* ruf= */
    struct slice text;
};

/* The record starts with "v=DMARC1" and a ";" or the end; white space is allowed around "=". */
bool dmarc_record_is(struct slice text);

/* Reads a record for which dmarc_record_is() holds. Syntax errors behind the version are ignored
 * tag by tag, as both specifications want; unknown tags too. */
void dmarc_record_parse(struct arena *arena, struct slice text, struct dmarc_record *record);

const char *dmarc_policy_name(enum dmarc_policy policy);
