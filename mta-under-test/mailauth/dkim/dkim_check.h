/*
 * The cryptographic part of a signature's check, shared by DKIM and ARC: find the key, judge it,
 * hash the header, verify.
 */
#pragma once

#include "mta-under-test/mailauth/dkim/dkim_header.h"
#include "mta-under-test/mailauth/dkim/dkim_signature.h"

struct dkim_policy {
    bool allows_sha1;      /* false: RFC 8301 3.1 */
    unsigned rsa_bits_min; /* 1024: RFC 8301 3.2 */
    unsigned rsa_bits_max;
    size_t keys_max; /* how many records of one name are tried */
};

extern const struct dkim_policy DKIM_POLICY_DEFAULT;

/* What a check stands on. */
struct dkim_context {
    const struct dkim_policy *policy;
    const struct dns_resolver *resolver;
    struct dkim_key_cache *keys;
    struct arena *arena;
    struct facts *facts; /* may be NULL */
};

/* What came out of it besides the reason. */
struct dkim_key_facts {
    const char *problem; /* in words, "" if there is none */
    unsigned bits;
    bool is_testing;
};

/* The canonical signature field with an empty b= closes the header's hash (3.7). */
void dkim_check_add_self(struct dkim_hash *hash, const struct dkim_signature *signature,
                         enum dkim_canon canon, struct arena *arena);

/* Verifies the signature over the header's hash with the signer's key. Several key records of one
 * name are tried in turn; the best outcome counts. */
enum dkim_reason dkim_check_signature(struct dkim_context *context,
                                      const struct dkim_signature *signature, struct slice hash,
                                      struct dkim_key_facts *found);
