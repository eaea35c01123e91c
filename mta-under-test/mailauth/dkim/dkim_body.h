/*
 * The body's canonical form (RFC 6376 sections 3.4.3 and 3.4.4), hashed in a stream: feed the body
 * in pieces of any size.
 */
#pragma once

#include "mta-under-test/mailauth/dkim/dkim_hash.h"

enum dkim_canon { DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED };
#define DKIM_BODY_NO_LIMIT UINT64_MAX

/* The caller's storage. */
struct dkim_body {
    struct dkim_hash hash;
    enum dkim_canon canon;
    uint64_t limit;     /* l=: how many canonical bytes count */
    uint64_t len;       /* canonical bytes so far, with those beyond the limit */
    uint64_t line_ends; /* CRLFs that are held back: they count if anything follows */
    bool has_space;     /* relaxed: white space that is held back */
    bool has_cr;        /* a CR whose LF may follow in the next piece */
};

void dkim_body_init(struct dkim_body *body, enum dkim_canon canon, enum dkim_digest digest,
                    uint64_t limit);
void dkim_body_deinit(struct dkim_body *body);
void dkim_body_feed(struct dkim_body *body, struct slice bytes);
/* Writes the digest, returns its length; then `len` is the length of the whole canonical body. */
size_t dkim_body_finish(struct dkim_body *body, unsigned char digest[DKIM_DIGEST_BYTES_MAX]);
