/*
 * All DKIM signatures of a message, verified (RFC 6376 section 6).
 *
 * The header is given whole, the body in pieces as it comes, then the results are taken:
 *
 *     dkim_verifier_new(...);  dkim_verifier_feed(...) ...;  dkim_verifier_finish(...);
 *
 * Each different way of hashing the body is done once, however many signatures ask for it.
 */
#pragma once

#include "mta-under-test/mailauth/dkim/dkim_check.h"

/* The words of RFC 8601 section 2.7.1. */
enum dkim_result {
    DKIM_RESULT_PASS,
    DKIM_RESULT_FAIL,    /* the signature or the body hash is wrong, or it has expired */
    DKIM_RESULT_POLICY,  /* refused: SHA-1, a key too short or long, too many signatures */
    DKIM_RESULT_NEUTRAL, /* not to be processed: syntax, unknown version or algorithm */
    DKIM_RESULT_TEMPERROR,
    DKIM_RESULT_PERMERROR, /* no usable key, From not covered, ... */
    DKIM_RESULT_PENDING    /* the resolver does not know an answer yet: run it again */
};

const char *dkim_result_name(enum dkim_result result);

struct dkim_verify_options {
    struct dkim_policy policy;
    size_t signatures_max;  /* how many signatures are looked at, from the top */
    size_t body_hashes_max; /* how many different ways of hashing the body are followed */
    int64_t now_us;         /* for x= */
};

extern const struct dkim_verify_options DKIM_VERIFY_DEFAULT;

struct dkim_outcome {
    enum dkim_result result;
    enum dkim_reason reason;
    const char *problem; /* in words, "" with a pass */
    struct dkim_signature signature;
    struct dkim_key_facts key;
    const struct message_field *field;
    uint64_t body_signed; /* canonical bytes covered */
    uint64_t body_len;    /* canonical bytes that there are */
};

struct dkim_outcomes {
    size_t count;
    struct dkim_outcome *list; /* in the order of the header, from the top */
};

struct dkim_verifier;

/* Starts. Everything that is given must outlive the verifier. */
struct dkim_verifier *dkim_verifier_new(const struct message *message,
                                        const struct dkim_verify_options *options,
                                        struct dkim_context *context);
void dkim_verifier_feed(struct dkim_verifier *verifier, struct slice body);
/* Verifies; the outcomes live in the context's arena. */
void dkim_verifier_finish(struct dkim_verifier *verifier, struct dkim_outcomes *outcomes);
void dkim_verifier_free(struct dkim_verifier **verifier);

/* The same in one call, with the message's body. */
void dkim_verify(const struct message *message, const struct dkim_verify_options *options,
                 struct dkim_context *context, struct dkim_outcomes *outcomes);
