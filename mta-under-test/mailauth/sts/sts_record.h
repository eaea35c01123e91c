/*
 * The MTA-STS record at _mta-sts.DOMAIN (RFC 8461 section 3.1).
 */
#pragma once

#include "mta-under-test/mailauth/core/dns.h"

enum { STS_ID_BYTES_MAX = 32 };

struct sts_record {
    struct slice id;
};

/* Reads one record. Returns NULL, or in few words what is wrong. */
const char *sts_record_parse(struct slice text, struct sts_record *record);

/* The one record among an answer's: those that do not begin with "v=STSv1;" are left out, and not
 * exactly one is none (3.1). Returns NULL, or why there is none. */
const char *sts_record_choose(const struct dns_answer *answer, struct sts_record *record);
