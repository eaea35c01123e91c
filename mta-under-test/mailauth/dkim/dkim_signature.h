/*
 * What a DKIM-Signature (RFC 6376 section 3.5), an ARC-Message-Signature or an ARC-Seal (RFC 8617
 * sections 4.1.2 and 4.1.3) says, read and judged for its form only (RFC 6376 section 6.1.1).
 */
#pragma once

#include "mta-under-test/mailauth/core/message.h"
#include "mta-under-test/mailauth/core/taglist.h"
#include "mta-under-test/mailauth/dkim/dkim_body.h"
#include "mta-under-test/mailauth/dkim/dkim_key.h"

enum dkim_form { DKIM_FORM_SIGNATURE, DKIM_FORM_ARC_MESSAGE, DKIM_FORM_ARC_SEAL };

/* Why a signature is what it is, for machines. dkim_reason_name() gives the word. */
enum dkim_reason {
    DKIM_REASON_VALID,
    DKIM_REASON_SYNTAX, /* no tag list, or a tag's value is wrong */
    DKIM_REASON_MISSING_TAG,
    DKIM_REASON_VERSION,
    DKIM_REASON_ALGORITHM, /* a= is not known */
    DKIM_REASON_CANONICALIZATION,
    DKIM_REASON_QUERY_METHOD,
    DKIM_REASON_IDENTITY, /* i= is not within d=, or not d= itself for a strict key */
    DKIM_REASON_FROM_NOT_SIGNED,
    DKIM_REASON_EXPIRED,
    DKIM_REASON_SHA1,     /* refused by RFC 8301 */
    DKIM_REASON_WEAK_KEY, /* likewise */
    DKIM_REASON_OVERSIZED_KEY,
    DKIM_REASON_NO_KEY, /* no such record */
    DKIM_REASON_KEY_SYNTAX,
    DKIM_REASON_KEY_REVOKED,
    DKIM_REASON_KEY_MISMATCH, /* the key is not for this algorithm, hash, or service */
    DKIM_REASON_DNS_FAILURE,
    DKIM_REASON_DNS_PENDING,
    DKIM_REASON_BODY_TOO_SHORT, /* l= is more than there is */
    DKIM_REASON_BODY_HASH,
    DKIM_REASON_BAD_SIGNATURE,
    DKIM_REASON_LIMIT /* more signatures than are looked at */
};

const char *dkim_reason_name(enum dkim_reason reason);

struct dkim_signature {
    struct slice raw;             /* the field without the final CRLF */
    struct slice raw_before;      /* the part up to the value of b=, ... */
    struct slice raw_after;       /* ... and behind it */
    struct slice domain;          /* d= */
    struct slice selector;        /* s= */
    struct slice identity;        /* i= of DKIM, decoded, or empty */
    struct slice ascii_domain;    /* d= in A-labels and lower case */
    struct slice identity_domain; /* the domain of i=, likewise; that of d= if there is no i= */
    struct slice algorithm;       /* a= as written */
    struct slice headers;         /* h= */
    struct slice signature;       /* b=, decoded */
    struct slice body_hash;       /* bh=, decoded */
    enum dkim_key_type key_type;
    enum dkim_digest digest;
    enum dkim_canon header_canon;
    enum dkim_canon body_canon;
    bool has_canon;      /* there is a c= */
    uint64_t body_limit; /* l=, or DKIM_BODY_NO_LIMIT */
    bool has_time;
    bool has_expiry;
    uint64_t time_s;   /* t= */
    uint64_t expiry_s; /* x= */
    unsigned instance; /* i= of ARC */
    struct slice cv;   /* cv= of ARC-Seal */
};

/* Reads one field. Returns DKIM_REASON_VALID, or why it is not usable with *problem in words; d=,
 * s= and a= are filled as far as they could be read. */
enum dkim_reason dkim_signature_parse(struct arena *arena, enum dkim_form form, struct slice raw,
                                      struct dkim_signature *signature, const char **problem);

/* The instance tag "i=" of ARC: one or two digits, 1 to 50; 0 if it is none (RFC 8617 4.2.1). */
unsigned dkim_signature_instance(struct slice text);
