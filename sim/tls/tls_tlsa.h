/*
 * TLSA records (RFC 6698 section 2.1) made from what a host shows, or from what it does not: a
 * record may be about another key, the one before or the next, or be of a kind that no client can
 * use (RFC 7671 section 4, RFC 7672 section 3.1.3).
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/tls/tls_identity.h"

/* Whose certificate or key a record is about. */
#define TLS_TLSA_SUBJECTS(X)                                                               \
    X(DEFAULT, "default")   /* the issuer for usages 0 and 2, else the host */             \
    X(HOST, "host")         /* what the host shows now */                                  \
    X(ISSUER, "issuer")     /* the authority that signed it, or the host if it did that */ \
    X(ROOT, "root")         /* the root of the trust store, which no host sends */         \
    X(PREVIOUS, "previous") /* the key that the host had before */                         \
    X(NEXT, "next")         /* the key that it will have next */                           \
    X(ANOTHER, "another")   /* somebody else's: an authority for usages 0 and 2 */

enum tls_tlsa_subject {
#define X(name, word) TLS_TLSA_##name,
    TLS_TLSA_SUBJECTS(X)
#undef X
        TLS_TLSA_SUBJECT_COUNT,
};

/* "default", "host", ...; the list is NULL-terminated and in the order of the enum. */
extern const char *const TLS_TLSA_SUBJECT_WORDS[];

struct tls_tlsa {
    uint8_t usage;
    uint8_t selector;
    uint8_t matching;
    enum tls_tlsa_subject subject;
    bool is_cut; /* the data lacks its last byte */
};

/* "3 1 1": any numbers from 0 to 255, unknown ones too. -1 if it is nothing of the kind. */
int tls_tlsa_from_text(struct slice text, struct tls_tlsa *tlsa) MUST_CHECK;

/* Appends the record's data as text, "3 1 1 C0FF...". A selector that is unknown takes the
 * certificate, a matching type that is unknown its SHA-256. `wish` is what `identity` was made
 * from. -1 with `err`. */
int tls_tlsa_to_text(const struct tls_tlsa *tlsa, struct tls_authority *authority,
                     const struct tls_identity_wish *wish, const struct tls_identity *identity,
                     struct buf *out, struct err *err) MUST_CHECK;
