/*
 * TLSA records (RFC 6698 section 2.1): reading, and which of them can be used (RFC 7671 section 4,
 * RFC 7672 section 3.1).
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum { DANE_PKIX_TA = 0, DANE_PKIX_EE = 1, DANE_TA = 2, DANE_EE = 3 };
enum { DANE_RECORDS_MAX = 1000 };

struct dane_record {
    uint8_t usage;
    uint8_t selector;      /* 0: the certificate, 1: its public key */
    uint8_t matching_type; /* 0: as it is, 1: SHA2-256, 2: SHA2-512 */
    struct slice data;
};

enum dane_usability {
    DANE_USABLE,
    DANE_UNKNOWN_USAGE,
    DANE_UNKNOWN_SELECTOR,
    DANE_UNKNOWN_MATCHING_TYPE,
    DANE_BAD_LENGTH,  /* the data is not as long as the digest, or empty */
    DANE_BAD_DATA,    /* matching type 0, and the data is no certificate or key */
    DANE_PKIX_IN_SMTP /* usages 0 and 1 are not used in SMTP (RFC 7672 3.1.3) */
};

/* Reads "3 1 1 HEX", with white space inside the hex allowed. False if it is none. */
bool dane_record_from_text(struct arena *arena, struct slice text, struct dane_record *record);
/* Reads the wire form; the data is borrowed. False when it is too short. */
bool dane_record_from_wire(struct slice wire, struct dane_record *record);

enum dane_usability dane_record_usability(const struct dane_record *record, bool in_smtp);
const char *dane_usability_name(enum dane_usability usability);
