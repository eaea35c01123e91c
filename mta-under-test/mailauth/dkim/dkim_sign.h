/*
 * DKIM signatures made (RFC 6376 section 5, RFC 8463). The output is deterministic.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/mailauth/dkim/dkim_check.h"

struct dkim_sign_options {
    EVP_PKEY *key;         /* RSA of at least 1024 bits, or Ed25519 */
    struct slice domain;   /* d= */
    struct slice selector; /* s= */
    struct slice identity; /* i=, or empty */
    struct slice headers;  /* h=: names with colons between; a name once more than there are
                            * fields of it keeps others from being added (5.4: over-signing) */
    enum dkim_canon header_canon;
    enum dkim_canon body_canon;
    bool has_time;
    uint64_t time_s;     /* t= */
    uint64_t lifetime_s; /* x= is t= and this; 0: no x= */
    bool limits_body;    /* l= with the length of the body as it is */
    bool copies_headers; /* z= */
};

/* What every signature needs: names that make the name of a key record, a key of a known kind, and
 * a list of header fields without empty names and with From; -1 says which is missing. */
int dkim_sign_check_basics(const struct dkim_sign_options *options, struct arena *arena,
                           struct err *err) MUST_CHECK;

/* bh=: the base64 of the body's SHA-256 in canonical form; *len becomes the bytes of that form. */
struct slice dkim_sign_body_hash(const struct message *message, enum dkim_canon canon,
                                 struct arena *arena, uint64_t *len);

/* "rsa-sha256" or "ed25519-sha256"; NULL for another key. */
const char *dkim_sign_algorithm(EVP_PKEY *key);

/* Appends the whole header field with its final CRLF to `out`. -1 when the options are not usable
 * (the domain or selector is no domain name, h= does not cover From, the key is too short). */
int dkim_sign(const struct message *message, const struct dkim_sign_options *options,
              struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;

/* One tag of a signature to be written. */
struct dkim_sign_tag {
    const char *name;
    struct slice value;
};

/* Writes "Name: tag=value; ..." folded at 76 columns where it can be, without a final CRLF; `b` is
 * to be last and is left empty. */
void dkim_sign_write(struct buf *out, const char *name, const struct dkim_sign_tag *tags,
                     size_t count);
