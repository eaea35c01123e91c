#include "mta-under-test/mailauth/dkim/dkim_verify.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { DKIM_BODY_HASHES_LIMIT = 16, DKIM_HASH_TEXT_BYTES_MAX = 256 };

const struct dkim_verify_options DKIM_VERIFY_DEFAULT = {
    .policy = {.allows_sha1 = false, .rsa_bits_min = 1024, .rsa_bits_max = 16384, .keys_max = 8},
    .signatures_max = 50,
    .body_hashes_max = 8};

/* One way of hashing the body. */
struct dkim_body_hash {
    struct dkim_body body;
    enum dkim_digest digest;
    unsigned char value[DKIM_DIGEST_BYTES_MAX];
    size_t value_len;
};

struct dkim_verifier {
    const struct message *message;
    const struct dkim_verify_options *options;
    struct dkim_context *context;
    struct dkim_outcomes outcomes;
    size_t *hash_of; /* for each outcome the index of its body hash, or SIZE_MAX */
    size_t hash_count;
    struct dkim_body_hash *hashes[DKIM_BODY_HASHES_LIMIT];
};

const char *dkim_result_name(enum dkim_result result)
{
    static const char *const NAMES[] = {"pass",      "fail",      "policy", "neutral",
                                        "temperror", "permerror", "pending"};
    return NAMES[result];
}

/* The result that a reason leads to. */
static enum dkim_result dkim_result_of(enum dkim_reason reason)
{
    switch (reason) {
    case DKIM_REASON_VALID:
        return DKIM_RESULT_PASS;
    case DKIM_REASON_SYNTAX:
    case DKIM_REASON_MISSING_TAG:
    case DKIM_REASON_VERSION:
    case DKIM_REASON_ALGORITHM:
    case DKIM_REASON_CANONICALIZATION:
    case DKIM_REASON_QUERY_METHOD:
        return DKIM_RESULT_NEUTRAL;
    case DKIM_REASON_IDENTITY:
    case DKIM_REASON_FROM_NOT_SIGNED:
    case DKIM_REASON_NO_KEY:
    case DKIM_REASON_KEY_SYNTAX:
    case DKIM_REASON_KEY_REVOKED:
    case DKIM_REASON_KEY_MISMATCH:
        return DKIM_RESULT_PERMERROR;
    case DKIM_REASON_SHA1:
    case DKIM_REASON_WEAK_KEY:
    case DKIM_REASON_OVERSIZED_KEY:
    case DKIM_REASON_LIMIT:
        return DKIM_RESULT_POLICY;
    case DKIM_REASON_DNS_FAILURE:
        return DKIM_RESULT_TEMPERROR;
    case DKIM_REASON_DNS_PENDING:
        return DKIM_RESULT_PENDING;
    case DKIM_REASON_EXPIRED:
    case DKIM_REASON_BODY_TOO_SHORT:
    case DKIM_REASON_BODY_HASH:
    case DKIM_REASON_BAD_SIGNATURE:
        break;
    }
    return DKIM_RESULT_FAIL;
}

static void dkim_outcome_set(struct dkim_outcome *outcome, enum dkim_reason reason,
                             const char *problem)
{
    outcome->reason = reason;
    outcome->result = dkim_result_of(reason);
    outcome->problem = problem;
}

/* The index of the body hash that the signature needs; SIZE_MAX when there is no room for it. */
static size_t dkim_verifier_body_hash(struct dkim_verifier *verifier,
                                      const struct dkim_signature *signature)
{
    size_t max = verifier->options->body_hashes_max;
    for (size_t i = 0; i < verifier->hash_count; i++) {
        const struct dkim_body_hash *hash = verifier->hashes[i];
        if (hash->body.canon == signature->body_canon && hash->digest == signature->digest &&
            hash->body.limit == signature->body_limit)
            return i;
    }
    if (verifier->hash_count >= max || verifier->hash_count >= DKIM_BODY_HASHES_LIMIT)
        return SIZE_MAX;
    struct dkim_body_hash *hash = mem_alloc(sizeof *hash);
    hash->digest = signature->digest;
    dkim_body_init(&hash->body, signature->body_canon, signature->digest, signature->body_limit);
    verifier->hashes[verifier->hash_count] = hash;
    return verifier->hash_count++;
}

/* What can be said before the body is known. */
static void dkim_verifier_begin(struct dkim_verifier *verifier, size_t index)
{
    struct dkim_outcome *outcome = &verifier->outcomes.list[index];
    struct dkim_signature *signature = &outcome->signature;
    const char *problem = "";
    if (index >= verifier->options->signatures_max) {
        dkim_outcome_set(outcome, DKIM_REASON_LIMIT, "more signatures than are looked at");
        return;
    }
    enum dkim_reason reason = dkim_signature_parse(verifier->context->arena, DKIM_FORM_SIGNATURE,
                                                   outcome->field->raw, signature, &problem);
    if (reason == DKIM_REASON_VALID && signature->digest == DKIM_SHA1 &&
        !verifier->options->policy.allows_sha1) {
        reason = DKIM_REASON_SHA1;
        problem = "SHA-1 is refused (RFC 8301)";
    }
    if (reason == DKIM_REASON_VALID && signature->has_expiry &&
        verifier->options->now_us / TIME_SECOND >= 0 &&
        signature->expiry_s < (uint64_t)(verifier->options->now_us / TIME_SECOND)) {
        reason = DKIM_REASON_EXPIRED;
        problem = "the signature has expired (x=)";
    }
    if (reason == DKIM_REASON_VALID) {
        verifier->hash_of[index] = dkim_verifier_body_hash(verifier, signature);
        if (verifier->hash_of[index] == SIZE_MAX) {
            reason = DKIM_REASON_LIMIT;
            problem = "more ways of hashing the body than are followed";
        }
    }
    dkim_outcome_set(outcome, reason, problem);
}

struct dkim_verifier *dkim_verifier_new(const struct message *message,
                                        const struct dkim_verify_options *options,
                                        struct dkim_context *context)
{
    struct dkim_verifier *verifier = mem_alloc(sizeof *verifier);
    size_t count = message_count(message, "DKIM-Signature");
    verifier->message = message;
    verifier->options = options;
    verifier->context = context;
    verifier->outcomes.count = count;
    verifier->outcomes.list =
        arena_alloc_array(context->arena, count, sizeof *verifier->outcomes.list);
    verifier->hash_of = arena_alloc_array(context->arena, count, sizeof *verifier->hash_of);
    context->policy = &options->policy;
    if (count == 0)
        return verifier;
    /* The list of a name runs from the lowest field up. */
    uint32_t at = message->lowest[message_name_id(message, SLICE("DKIM-Signature"))];
    for (size_t i = count; i > 0; i--) {
        verifier->outcomes.list[i - 1].field = &message->fields[at];
        verifier->hash_of[i - 1] = SIZE_MAX;
        at = message->fields[at].above;
    }
    for (size_t i = 0; i < count; i++)
        dkim_verifier_begin(verifier, i);
    return verifier;
}

void dkim_verifier_feed(struct dkim_verifier *verifier, struct slice body)
{
    for (size_t i = 0; i < verifier->hash_count; i++)
        dkim_body_feed(&verifier->hashes[i]->body, body);
}

static size_t dkim_count_names(struct slice names)
{
    struct slice name;
    size_t count = 0;
    while (slice_split(&names, ':', &name))
        count++;
    return count;
}

/* The header's hash (3.7). */
static struct slice dkim_verifier_hash_header(struct dkim_verifier *verifier,
                                              const struct dkim_outcome *outcome)
{
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    struct dkim_hash hash;
    struct arena *arena = verifier->context->arena;
    const struct dkim_signature *signature = &outcome->signature;
    dkim_hash_init(&hash, signature->digest);
    size_t taken = dkim_header_add_chosen(&hash, signature->header_canon, verifier->message,
                                          signature->headers, outcome->field, arena);
    dkim_check_add_self(&hash, signature, signature->header_canon, arena);
    size_t len = dkim_hash_finish(&hash, digest);
    dkim_hash_deinit(&hash);
    if (verifier->context->facts != NULL)
        facts_add(verifier->context->facts, "header",
                  "h= names %zu fields, of which the message has %zu: %.*s",
                  dkim_count_names(signature->headers), taken,
                  SLICE_ARG(taglist_without_space(arena, signature->headers)));
    return arena_slice(arena, slice_from((const char *)digest, len));
}

static void dkim_verifier_tell_hashes(struct facts *facts, const struct dkim_outcome *outcome,
                                      struct slice value)
{
    struct buf found;
    struct buf wanted;
    if (facts == NULL)
        return;
    buf_init(&found, DKIM_HASH_TEXT_BYTES_MAX);
    buf_init(&wanted, DKIM_HASH_TEXT_BYTES_MAX);
    text_to_base64(&found, value.data, value.len);
    text_to_base64(&wanted, outcome->signature.body_hash.data, outcome->signature.body_hash.len);
    facts_add(facts, "body", "the %llu bytes of the body have the hash %.*s, but bh= is %.*s",
              (unsigned long long)outcome->body_signed, SLICE_ARG(buf_slice(&found)),
              SLICE_ARG(buf_slice(&wanted)));
    buf_deinit(&wanted);
    buf_deinit(&found);
}

static enum dkim_reason dkim_verifier_check_body(struct dkim_verifier *verifier, size_t index,
                                                 const char **problem)
{
    struct dkim_outcome *outcome = &verifier->outcomes.list[index];
    const struct dkim_body_hash *hash = verifier->hashes[verifier->hash_of[index]];
    outcome->body_len = hash->body.len;
    outcome->body_signed = hash->body.len < hash->body.limit ? hash->body.len : hash->body.limit;
    if (hash->body.limit != DKIM_BODY_NO_LIMIT && hash->body.limit > hash->body.len) {
        *problem = "l= is more than the body has";
        return DKIM_REASON_BODY_TOO_SHORT;
    }
    struct slice value = slice_from((const char *)hash->value, hash->value_len);
    if (!slice_equal(value, outcome->signature.body_hash)) {
        *problem = "the body does not fit bh=: it was changed after it was signed";
        dkim_verifier_tell_hashes(verifier->context->facts, outcome, value);
        return DKIM_REASON_BODY_HASH;
    }
    if (verifier->context->facts != NULL)
        facts_add(verifier->context->facts, "body",
                  "%llu of the body's %llu bytes (in canonical form) are covered and fit bh=",
                  (unsigned long long)outcome->body_signed, (unsigned long long)outcome->body_len);
    return DKIM_REASON_VALID;
}

static void dkim_verifier_end(struct dkim_verifier *verifier, size_t index)
{
    struct dkim_outcome *outcome = &verifier->outcomes.list[index];
    const char *problem = "";
    if (outcome->reason != DKIM_REASON_VALID)
        return;
    enum dkim_reason body = dkim_verifier_check_body(verifier, index, &problem);
    struct slice hash = dkim_verifier_hash_header(verifier, outcome);
    enum dkim_reason reason =
        dkim_check_signature(verifier->context, &outcome->signature, hash, &outcome->key);
    /* The key's faults come first: without a key nothing is known of the body's hash either. */
    if (body != DKIM_REASON_VALID &&
        (reason == DKIM_REASON_VALID || reason == DKIM_REASON_BAD_SIGNATURE))
        dkim_outcome_set(outcome, body, problem);
    else
        dkim_outcome_set(outcome, reason, outcome->key.problem);
}

/* Where it is said that it must be so. */
static const char *dkim_reason_section(enum dkim_reason reason)
{
    switch (reason) {
    case DKIM_REASON_SHA1:
        return "RFC 8301 3.1";
    case DKIM_REASON_WEAK_KEY:
    case DKIM_REASON_OVERSIZED_KEY:
        return "RFC 8301 3.2";
    case DKIM_REASON_NO_KEY:
    case DKIM_REASON_KEY_SYNTAX:
    case DKIM_REASON_KEY_REVOKED:
    case DKIM_REASON_KEY_MISMATCH:
    case DKIM_REASON_DNS_FAILURE:
    case DKIM_REASON_DNS_PENDING:
        return "RFC 6376 6.1.2";
    case DKIM_REASON_VALID:
    case DKIM_REASON_BODY_TOO_SHORT:
    case DKIM_REASON_BODY_HASH:
    case DKIM_REASON_BAD_SIGNATURE:
        return "RFC 6376 6.1.3";
    case DKIM_REASON_SYNTAX:
    case DKIM_REASON_MISSING_TAG:
    case DKIM_REASON_VERSION:
    case DKIM_REASON_ALGORITHM:
    case DKIM_REASON_CANONICALIZATION:
    case DKIM_REASON_QUERY_METHOD:
    case DKIM_REASON_IDENTITY:
    case DKIM_REASON_FROM_NOT_SIGNED:
    case DKIM_REASON_EXPIRED:
    case DKIM_REASON_LIMIT:
        break;
    }
    return "RFC 6376 6.1.1";
}

static void dkim_verifier_tell(struct facts *facts, const struct dkim_outcome *outcome)
{
    facts_add(facts, "result", "%s: %s (%s)", dkim_result_name(outcome->result),
              outcome->problem[0] != '\0' ? outcome->problem : "the signature fits",
              dkim_reason_section(outcome->reason));
}

void dkim_verifier_finish(struct dkim_verifier *verifier, struct dkim_outcomes *outcomes)
{
    struct facts *facts = verifier->context->facts;
    for (size_t i = 0; i < verifier->hash_count; i++) {
        struct dkim_body_hash *hash = verifier->hashes[i];
        hash->value_len = dkim_body_finish(&hash->body, hash->value);
    }
    facts_open(facts, "dkim", "DKIM: %zu signature%s", verifier->outcomes.count,
               verifier->outcomes.count == 1 ? "" : "s");
    for (size_t i = 0; i < verifier->outcomes.count; i++) {
        struct dkim_outcome *outcome = &verifier->outcomes.list[i];
        if (i < verifier->options->signatures_max)
            facts_open(facts, "signature", "signature %zu: d=%.*s s=%.*s a=%.*s", i + 1,
                       SLICE_ARG(outcome->signature.domain), SLICE_ARG(outcome->signature.selector),
                       SLICE_ARG(outcome->signature.algorithm));
        dkim_verifier_end(verifier, i);
        if (facts != NULL && i < verifier->options->signatures_max) {
            dkim_verifier_tell(facts, outcome);
            facts_close(facts);
        }
    }
    facts_close(facts);
    *outcomes = verifier->outcomes;
}

void dkim_verifier_free(struct dkim_verifier **verifier)
{
    if (*verifier == NULL)
        return;
    for (size_t i = 0; i < (*verifier)->hash_count; i++) {
        dkim_body_deinit(&(*verifier)->hashes[i]->body);
        free((*verifier)->hashes[i]);
    }
    free(*verifier);
    *verifier = NULL;
}

void dkim_verify(const struct message *message, const struct dkim_verify_options *options,
                 struct dkim_context *context, struct dkim_outcomes *outcomes)
{
    struct dkim_verifier *verifier = dkim_verifier_new(message, options, context);
    dkim_verifier_feed(verifier, message->body);
    dkim_verifier_finish(verifier, outcomes);
    dkim_verifier_free(&verifier);
}
