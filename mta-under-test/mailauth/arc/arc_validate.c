#include "mta-under-test/mailauth/arc/arc_validate.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { ARC_BODIES_MAX = 8, ARC_DIGEST_BYTES = 32 };

void arc_seal_scope(struct dkim_hash *hash, const struct arc_chain *chain, size_t first,
                    size_t last)
{
    for (size_t i = first; i <= last; i++) {
        const struct arc_set *set = &chain->sets[i];
        dkim_header_add(hash, DKIM_CANON_RELAXED, set->results->raw, true);
        dkim_header_add(hash, DKIM_CANON_RELAXED, set->message->raw, true);
        if (i < last)
            dkim_header_add(hash, DKIM_CANON_RELAXED, set->seal->raw, true);
    }
}

static struct slice arc_hash_finish(struct dkim_hash *hash, struct arena *arena)
{
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    size_t len = dkim_hash_finish(hash, digest);
    dkim_hash_deinit(hash);
    return arena_slice(arena, slice_from((const char *)digest, len));
}

/* One way of hashing the body, done once for all sets. */
struct arc_body {
    enum dkim_canon canon;
    uint64_t limit; /* l= */
    uint64_t len;   /* canonical bytes that there are */
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
};

/* What one validation carries along. */
struct arc_run {
    const struct message *message;
    const struct arc_options *options;
    struct dkim_context *context;
    size_t body_count;
    struct arc_body bodies[ARC_BODIES_MAX];
};

/* The body hashed as the signature wants it; NULL when it was hashed in too many ways already. */
static const struct arc_body *arc_hash_body(struct arc_run *run,
                                            const struct dkim_signature *signature)
{
    for (size_t i = 0; i < run->body_count; i++) {
        const struct arc_body *known = &run->bodies[i];
        if (known->canon == signature->body_canon && known->limit == signature->body_limit)
            return known;
    }
    if (run->body_count == ARC_BODIES_MAX)
        return NULL;
    struct arc_body *body = &run->bodies[run->body_count++];
    struct dkim_body hash;
    body->canon = signature->body_canon;
    body->limit = signature->body_limit;
    dkim_body_init(&hash, body->canon, DKIM_SHA256, body->limit);
    dkim_body_feed(&hash, run->message->body);
    dkim_body_finish(&hash, body->digest);
    body->len = hash.len;
    dkim_body_deinit(&hash);
    return body;
}

static enum dkim_reason arc_check_body(struct arc_run *run, const struct dkim_signature *signature,
                                       const char **problem)
{
    const struct arc_body *body = arc_hash_body(run, signature);
    if (body == NULL) {
        *problem = "more ways of hashing the body than are followed";
        return DKIM_REASON_LIMIT;
    }
    if (body->limit != DKIM_BODY_NO_LIMIT && body->limit > body->len) {
        *problem = "l= is more than the body has";
        return DKIM_REASON_BODY_TOO_SHORT;
    }
    if (slice_equal(slice_from((const char *)body->digest, ARC_DIGEST_BYTES), signature->body_hash))
        return DKIM_REASON_VALID;
    *problem = "the body does not fit bh=";
    return DKIM_REASON_BODY_HASH;
}

/* The signature of one ARC-Message-Signature whose form is right, and the body hash in it. */
static enum dkim_reason arc_check_message_signature(struct arc_run *run,
                                                    const struct message_field *field,
                                                    const struct dkim_signature *signature,
                                                    const char **problem)
{
    struct dkim_key_facts key;
    struct dkim_hash hash;
    struct arena *arena = run->context->arena;
    dkim_hash_init(&hash, DKIM_SHA256);
    dkim_header_add_chosen(&hash, signature->header_canon, run->message, signature->headers, field,
                           arena);
    dkim_check_add_self(&hash, signature, signature->header_canon, arena);
    struct slice digest = arc_hash_finish(&hash, arena);
    enum dkim_reason reason = dkim_check_signature(run->context, signature, digest, &key);
    *problem = key.problem;
    return reason == DKIM_REASON_VALID ? arc_check_body(run, signature, problem) : reason;
}

/* Steps 4 and 5: one ARC-Message-Signature. */
static enum dkim_reason arc_check_message(struct arc_run *run, const struct message_field *field,
                                          const char **problem)
{
    struct dkim_signature signature;
    enum dkim_reason reason = dkim_signature_parse(run->context->arena, DKIM_FORM_ARC_MESSAGE,
                                                   field->raw, &signature, problem);
    if (reason != DKIM_REASON_VALID)
        return reason;
    if (signature.digest == DKIM_SHA1) {
        *problem = "SHA-1 is refused (RFC 8617 4.1)";
        return DKIM_REASON_SHA1;
    }
    if (signature.has_expiry && run->options->now_us >= 0 &&
        signature.expiry_s < (uint64_t)(run->options->now_us / TIME_SECOND)) {
        *problem = "the signature has expired (x=)";
        return DKIM_REASON_EXPIRED;
    }
    reason = arc_check_message_signature(run, field, &signature, problem);
    if (signature.has_canon ||
        (reason != DKIM_REASON_BAD_SIGNATURE && reason != DKIM_REASON_BODY_HASH))
        return reason;
    /* Without c= it is simple/simple, as in DKIM. But sealers that leave it out sign as the rest of
     * ARC is signed, and their signature proves no less. */
    signature.header_canon = DKIM_CANON_RELAXED;
    signature.body_canon = DKIM_CANON_RELAXED;
    return arc_check_message_signature(run, field, &signature, problem);
}

/* Step 6: the seal of one set. */
static enum dkim_reason arc_check_seal(const struct arc_chain *chain, size_t instance,
                                       struct dkim_context *context, const char **problem)
{
    const struct dkim_signature *signature = &chain->sets[instance].seal_signature;
    struct dkim_key_facts key;
    struct dkim_hash hash;
    if (signature->digest == DKIM_SHA1) {
        *problem = "SHA-1 is refused";
        return DKIM_REASON_SHA1;
    }
    dkim_hash_init(&hash, DKIM_SHA256);
    arc_seal_scope(&hash, chain, 1, instance);
    dkim_check_add_self(&hash, signature, DKIM_CANON_RELAXED, context->arena);
    struct slice digest = arc_hash_finish(&hash, context->arena);
    enum dkim_reason reason = dkim_check_signature(context, signature, digest, &key);
    *problem = key.problem;
    return reason;
}

static void arc_tell(struct facts *facts, enum dkim_reason reason, const char *problem)
{
    if (facts != NULL)
        facts_add(facts, "result", "%s%s", reason == DKIM_REASON_VALID ? "fits" : "does not fit: ",
                  reason == DKIM_REASON_VALID ? "" : problem);
    facts_close(facts);
}

/* The two checks with the facts around them. */
static enum dkim_reason arc_try_message(struct arc_run *run, const struct arc_chain *chain,
                                        size_t instance, const char **problem)
{
    facts_open(run->context->facts, "message-signature",
               "i=%zu: the message signature, over the message as it left this hop", instance);
    enum dkim_reason reason = arc_check_message(run, chain->sets[instance].message, problem);
    arc_tell(run->context->facts, reason, *problem);
    return reason;
}

static enum dkim_reason arc_try_seal(struct arc_run *run, const struct arc_chain *chain,
                                     size_t instance, const char **problem)
{
    const struct dkim_signature *seal = &chain->sets[instance].seal_signature;
    if (run->context->facts != NULL)
        facts_open(
            run->context->facts, "seal",
            "i=%zu: the seal of %.*s, over the sets up to this one; it found the chain: %.*s",
            instance, SLICE_ARG(seal->domain), SLICE_ARG(seal->cv));
    enum dkim_reason reason = arc_check_seal(chain, instance, run->context, problem);
    arc_tell(run->context->facts, reason, *problem);
    return reason;
}

static void arc_end(struct arc_outcome *outcome, enum arc_reason reason, size_t instance,
                    enum dkim_reason signature_reason, const char *problem)
{
    outcome->reason = reason;
    outcome->status = ARC_FAIL;
    outcome->instance = (unsigned)instance;
    outcome->signature_reason = signature_reason;
    outcome->problem = problem;
    if (signature_reason == DKIM_REASON_DNS_PENDING) {
        outcome->reason = ARC_REASON_PENDING;
        outcome->status = ARC_PENDING;
    }
}

/* Step 5: the oldest set from which on every ARC-Message-Signature verifies; 0 if all do. */
static unsigned arc_find_oldest_pass(struct arc_run *run, const struct arc_chain *chain)
{
    for (size_t i = chain->count - 1; i > 0; i--) {
        const char *problem = "";
        enum dkim_reason reason = arc_try_message(run, chain, i, &problem);
        if (reason != DKIM_REASON_VALID)
            return (unsigned)i + 1;
    }
    return 0;
}

static void arc_validate_chain(struct arc_run *run, struct arc_outcome *outcome)
{
    const struct arc_chain *chain = outcome->chain;
    const char *problem = "";
    enum dkim_reason reason = arc_try_message(run, chain, chain->count, &problem);
    if (reason != DKIM_REASON_VALID) {
        arc_end(outcome, ARC_REASON_MESSAGE_SIGNATURE, chain->count, reason, problem);
        return;
    }
    for (size_t i = chain->count; i > 0; i--) {
        reason = arc_try_seal(run, chain, i, &problem);
        if (reason != DKIM_REASON_VALID) {
            arc_end(outcome, ARC_REASON_SEAL_SIGNATURE, i, reason, problem);
            return;
        }
    }
    outcome->status = ARC_PASS;
    outcome->reason = ARC_REASON_VALID;
    if (run->options->finds_oldest_pass)
        outcome->oldest_pass = arc_find_oldest_pass(run, chain);
}

void arc_validate(const struct message *message, const struct arc_options *options,
                  struct dkim_context *context, struct arc_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->problem = "";
    outcome->chain = arena_alloc(context->arena, sizeof *outcome->chain);
    context->policy = &options->policy;
    enum arc_reason reason = arc_chain_collect(message, context->arena, outcome->chain);
    outcome->sets = outcome->chain->count;
    facts_open(context->facts, "arc", "ARC: %zu set%s", outcome->sets,
               outcome->sets == 1 ? "" : "s");
    if (reason == ARC_REASON_VALID) {
        struct arc_run run = {.message = message, .options = options, .context = context};
        arc_validate_chain(&run, outcome);
    } else {
        arc_end(outcome, reason, outcome->chain->bad_instance, DKIM_REASON_VALID,
                outcome->chain->problem);
        if (reason == ARC_REASON_NO_SETS)
            outcome->status = ARC_NONE;
    }
    if (context->facts != NULL)
        facts_add(context->facts, "result", "%s: %s (RFC 8617 5.2)",
                  arc_status_name(outcome->status),
                  outcome->problem[0] != '\0' ? outcome->problem
                  : outcome->status == ARC_NONE
                      ? "the message has no ARC set"
                      : "every seal fits, and the newest message signature does");
    facts_close(context->facts);
}
