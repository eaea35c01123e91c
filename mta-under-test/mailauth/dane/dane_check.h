/*
 * Verification of a certificate chain by TLSA records (RFC 6698, 7671, and RFC 7672 for SMTP), on
 * top of OpenSSL's chain building. Digest agility (RFC 7671 section 9): of several matching types
 * of one usage and selector, the strongest that is usable decides.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "mta-under-test/mailauth/dane/dane_record.h"

enum { DANE_NAMES_MAX = 16 };

struct dane_request {
    struct slice chain_pem; /* the leaf first */
    struct slice ca_pem;    /* trust anchors, for usages 0 and 1 and without usable records */
    size_t record_count;
    const struct dane_record *records;
    size_t name_count;
    const char *names[DANE_NAMES_MAX]; /* the TLSA base domain first, then others that are allowed
                                        * (RFC 7672 3.2.2: the next-hop domain); each may end in a
                                        * dot */
    bool checks_ee_names; /* also check names for usage 3, which RFC 7671 5.1 does not */
    bool in_smtp;         /* usages 0 and 1 are unusable */
    int64_t now_us;
};

struct dane_outcome {
    bool is_verified;
    int depth; /* of the certificate that a record matched (0: the leaf), also when the chain fails
                * for another reason (a name, a date); -1 if none did */
    int error; /* X509_V_...: 0 is X509_V_OK */
    const char *error_text;
    int matched;   /* index of the record that matched, or -1 */
    size_t usable; /* how many records can be used */
};

/* -1 only when the chain or the trust anchors cannot be read. */
int dane_check(const struct dane_request *request, struct facts *facts,
               struct dane_outcome *outcome, struct err *err) MUST_CHECK;
