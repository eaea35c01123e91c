/*
 * Validation of an Authenticated Received Chain (RFC 8617 section 5.2).
 */
#pragma once

#include "mta-under-test/mailauth/arc/arc_chain.h"

struct arc_options {
    struct dkim_policy policy; /* SHA-1 is never allowed in ARC */
    int64_t now_us;            /* for x= of the newest ARC-Message-Signature */
    bool finds_oldest_pass;    /* also do the optional step 5 */
};

struct arc_outcome {
    enum arc_status status;
    enum arc_reason reason;
    enum dkim_reason signature_reason; /* with ..._SIGNATURE: why it does not verify */
    const char *problem;               /* in words, "" if there is none */
    unsigned instance;                 /* the set in question, 0 if there is none */
    size_t sets;                       /* the highest instance */
    unsigned oldest_pass;              /* 5.2 step 5: 0 if the whole chain of messages is intact
                                        * (or it was not looked for) */
    struct arc_chain *chain;
};

/* All errors are permanent, those of DNS too (5.2.1), but for a pending answer. */
void arc_validate(const struct message *message, const struct arc_options *options,
                  struct dkim_context *context, struct arc_outcome *outcome);

/* Adds what a seal of set `last` signs (5.1.1): the sets `first` to `last` in order, each as
 * results, message signature, seal, in relaxed form; the seal of set `last` is left out. */
void arc_seal_scope(struct dkim_hash *hash, const struct arc_chain *chain, size_t first,
                    size_t last);
