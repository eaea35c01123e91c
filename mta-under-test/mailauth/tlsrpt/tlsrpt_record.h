/*
 * The TLS-RPT record at _smtp._tls.DOMAIN (RFC 8460 section 3).
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/mailauth/core/dns.h"

enum { TLSRPT_URIS_MAX = 50 };

struct tlsrpt_record {
    size_t count;
    struct slice uris[TLSRPT_URIS_MAX]; /* mailto: and https: are those that are used */
};

/* Reads one record. Returns NULL, or in few words what is wrong. */
const char *tlsrpt_record_parse(struct slice text, struct tlsrpt_record *record);

/* The one record among an answer's: those that do not begin with "v=TLSRPTv1;" are left out, and
 * not exactly one is none. Returns NULL, or why there is none. */
const char *tlsrpt_record_choose(const struct dns_answer *answer, struct tlsrpt_record *record);
