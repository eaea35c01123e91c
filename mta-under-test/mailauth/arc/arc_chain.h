/*
 * The ARC Sets of a message (RFC 8617 section 4.2), collected and judged for their structure.
 */
#pragma once

#include "mta-under-test/mailauth/dkim/dkim_check.h"

enum { ARC_SETS_MAX = 50 };

/* The status of a chain: the words of cv= (4.4). */
enum arc_status { ARC_NONE, ARC_PASS, ARC_FAIL, ARC_PENDING };

enum arc_reason {
    ARC_REASON_VALID,
    ARC_REASON_NO_SETS,
    ARC_REASON_BAD_INSTANCE,      /* a field without a valid i= */
    ARC_REASON_DUPLICATE,         /* two fields of one kind with the same instance */
    ARC_REASON_INCOMPLETE,        /* a set that lacks a field, or a gap in the instances */
    ARC_REASON_SEAL_SYNTAX,       /* an ARC-Seal that cannot be read */
    ARC_REASON_CHAIN_FAILED,      /* the newest ARC-Seal says cv=fail */
    ARC_REASON_BAD_CV,            /* a cv= that is not allowed at its place */
    ARC_REASON_MESSAGE_SIGNATURE, /* the newest ARC-Message-Signature does not verify */
    ARC_REASON_SEAL_SIGNATURE,    /* an ARC-Seal does not verify */
    ARC_REASON_PENDING
};

const char *arc_status_name(enum arc_status status);
const char *arc_reason_name(enum arc_reason reason);

/* One set; a field is NULL where it is missing. */
struct arc_set {
    const struct message_field *results; /* ARC-Authentication-Results */
    const struct message_field *message; /* ARC-Message-Signature */
    const struct message_field *seal;    /* ARC-Seal */
    struct dkim_signature seal_signature;
};

struct arc_chain {
    size_t count;                          /* the highest instance */
    struct arc_set sets[ARC_SETS_MAX + 1]; /* by instance, from 1 */
    unsigned bad_instance; /* with an error: the set in question, 0 if it has none */
    const char *problem;   /* in words, "" if there is none */
};

/* Collects the sets and judges steps 1 to 3 of section 5.2. Returns ARC_REASON_VALID,
 * ARC_REASON_NO_SETS, or what is wrong. */
enum arc_reason arc_chain_collect(const struct message *message, struct arena *arena,
                                  struct arc_chain *chain);
