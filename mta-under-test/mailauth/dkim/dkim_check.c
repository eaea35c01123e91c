#include "mta-under-test/mailauth/dkim/dkim_check.h"

#include "mta-under-test/mailauth/core/dns_facts.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

enum { DKIM_KEY_SHOWN_BYTES = 60 };

const struct dkim_policy DKIM_POLICY_DEFAULT = {
    .allows_sha1 = false, .rsa_bits_min = 1024, .rsa_bits_max = 16384, .keys_max = 8};

void dkim_check_add_self(struct dkim_hash *hash, const struct dkim_signature *signature,
                         enum dkim_canon canon, struct arena *arena)
{
    struct slice before = signature->raw_before;
    struct slice after = signature->raw_after;
    char *joined = arena_alloc(arena, before.len + after.len + 1);
    memcpy(joined, before.data, before.len);
    if (after.len > 0)
        memcpy(joined + before.len, after.data, after.len);
    dkim_header_add(hash, canon, slice_from(joined, before.len + after.len), false);
}

static enum dkim_reason dkim_check_fail(struct dkim_key_facts *found, enum dkim_reason reason,
                                        const char *problem)
{
    found->problem = problem;
    return reason;
}

static enum dkim_reason dkim_check_key_status(const struct dkim_key *key)
{
    switch (key->status) {
    case DKIM_KEY_OK:
        return DKIM_REASON_VALID;
    case DKIM_KEY_REVOKED:
        return DKIM_REASON_KEY_REVOKED;
    case DKIM_KEY_UNKNOWN_TYPE:
    case DKIM_KEY_NOT_FOR_MAIL:
        return DKIM_REASON_KEY_MISMATCH;
    case DKIM_KEY_BAD_SYNTAX:
    case DKIM_KEY_BAD_VERSION:
    case DKIM_KEY_BAD_DATA:
        break;
    }
    return DKIM_REASON_KEY_SYNTAX;
}

/* May this key be used for this signature (6.1.2, RFC 8301)? */
static enum dkim_reason dkim_check_key(const struct dkim_policy *policy, const struct dkim_key *key,
                                       const struct dkim_signature *signature,
                                       struct dkim_key_facts *found)
{
    enum dkim_reason reason = dkim_check_key_status(key);
    if (reason != DKIM_REASON_VALID)
        return dkim_check_fail(found, reason, key->problem);
    if (key->type != signature->key_type)
        return dkim_check_fail(found, DKIM_REASON_KEY_MISMATCH, "the key's type is not that of a=");
    if (!(signature->digest == DKIM_SHA1 ? key->allows_sha1 : key->allows_sha256))
        return dkim_check_fail(found, DKIM_REASON_KEY_MISMATCH, "the key's h= does not allow a=");
    if (key->is_strict && !slice_equal(signature->identity_domain, signature->ascii_domain))
        return dkim_check_fail(found, DKIM_REASON_IDENTITY,
                               "the key (t=s) allows no subdomain of d= in i=");
    if (key->type == DKIM_KEY_RSA && key->bits < policy->rsa_bits_min)
        return dkim_check_fail(found, DKIM_REASON_WEAK_KEY, "the RSA key is too short");
    if (key->type == DKIM_KEY_RSA && key->bits > policy->rsa_bits_max)
        return dkim_check_fail(found, DKIM_REASON_OVERSIZED_KEY, "the RSA key is too long");
    return DKIM_REASON_VALID;
}

/* Of the record only what stands in front of the key's data, and the start of that. */
static void dkim_check_tell_key(struct facts *facts, const struct dkim_key *key,
                                struct slice record)
{
    struct slice shown = slice_first(record, DKIM_KEY_SHOWN_BYTES);
    const char *more = shown.len < record.len ? "..." : "";
    if (key->status == DKIM_KEY_OK)
        facts_add(facts, "key", "the key: %s, %u bits%s: %.*s%s",
                  key->type == DKIM_KEY_RSA ? "RSA" : "Ed25519", key->bits,
                  key->is_testing ? ", for tests (t=y)" : "", SLICE_ARG(shown), more);
    else
        facts_add(facts, "key", "the key cannot be used, %s: %.*s%s", key->problem,
                  SLICE_ARG(shown), more);
}

static enum dkim_reason dkim_check_with_key(struct dkim_context *context, struct slice record,
                                            const struct dkim_signature *signature,
                                            struct slice hash, struct dkim_key_facts *found)
{
    const struct dkim_key *key = dkim_key_read(context->keys, record);
    found->bits = key->bits;
    found->is_testing = key->is_testing;
    if (context->facts != NULL)
        dkim_check_tell_key(context->facts, key, record);
    enum dkim_reason reason = dkim_check_key(context->policy, key, signature, found);
    if (reason != DKIM_REASON_VALID)
        return reason;
    if (!dkim_hash_verify(key->key, signature->digest, hash, signature->signature))
        return dkim_check_fail(found, DKIM_REASON_BAD_SIGNATURE,
                               "the signature does not fit the header: a covered field was "
                               "changed, or another key signed");
    return dkim_check_fail(found, DKIM_REASON_VALID, "");
}

enum dkim_reason dkim_check_signature(struct dkim_context *context,
                                      const struct dkim_signature *signature, struct slice hash,
                                      struct dkim_key_facts *found)
{
    struct slice name;
    enum dkim_reason reason = DKIM_REASON_NO_KEY;
    *found = (struct dkim_key_facts){.problem = "there is no key record"};
    if (!dkim_key_name(context->arena, signature->selector, signature->domain, &name))
        return dkim_check_fail(found, DKIM_REASON_SYNTAX, "d= or s= is no domain name");
    const struct dns_answer *answer = dns_lookup(context->resolver, DNS_TYPE_TXT, name);
    dns_facts_add(context->facts, DNS_TYPE_TXT, name, answer);
    if (answer->status == DNS_PENDING)
        return dkim_check_fail(found, DKIM_REASON_DNS_PENDING, "");
    if (dns_status_is_failure(answer->status))
        return dkim_check_fail(found, DKIM_REASON_DNS_FAILURE, "the look-up of the key failed");
    for (size_t i = 0; i < answer->count && i < context->policy->keys_max; i++) {
        struct dkim_key_facts one = {.problem = ""};
        enum dkim_reason tried =
            dkim_check_with_key(context, answer->records[i].data, signature, hash, &one);
        /* A key that was tried says more than one that could not be used. */
        if (reason == DKIM_REASON_NO_KEY || tried == DKIM_REASON_VALID ||
            tried == DKIM_REASON_BAD_SIGNATURE) {
            reason = tried;
            *found = one;
        }
        if (tried == DKIM_REASON_VALID)
            break;
    }
    return reason;
}
