/*
 * The DMARC check of a message: author domain, policy, alignment, disposition (RFC 7489 section
 * 6.6, RFC 9989 section 5.3). SPF and DKIM were checked before; their outcomes come in.
 */
#pragma once

#include "mta-under-test/mailauth/core/message.h"
#include "mta-under-test/mailauth/dkim/dkim_verify.h"
#include "mta-under-test/mailauth/dmarc/dmarc_discovery.h"
#include "mta-under-test/mailauth/spf/spf_check.h"

/* The words of RFC 7489 section 11.2. */
enum dmarc_result {
    DMARC_RESULT_NONE, /* no policy */
    DMARC_RESULT_PASS,
    DMARC_RESULT_FAIL,
    DMARC_RESULT_TEMPERROR,
    DMARC_RESULT_PERMERROR, /* no author domain, or a record that is not usable */
    DMARC_RESULT_PENDING
};

enum dmarc_reason {
    DMARC_REASON_ALIGNED,
    DMARC_REASON_NOT_ALIGNED,
    DMARC_REASON_NO_RECORD,
    DMARC_REASON_BAD_RECORD,
    DMARC_REASON_NO_FROM,      /* no From field, or one without a domain */
    DMARC_REASON_SEVERAL_FROM, /* several author domains, which RFC 9989 5.3.1 exempts */
    DMARC_REASON_DNS_FAILURE,
    DMARC_REASON_DNS_PENDING
};

struct dmarc_request {
    const struct message *message;
    const struct spf_outcome *spf;    /* NULL: not checked */
    const struct dkim_outcomes *dkim; /* NULL: not checked */
    uint64_t seed;                    /* for pct=: the same seed and domain give the same draw */
};

struct dmarc_outcome {
    enum dmarc_result result;
    enum dmarc_reason reason;
    struct slice domain; /* the author domain, in A-labels */
    struct dmarc_discovery discovery;
    bool is_spf_aligned; /* SPF passed, for a domain that is aligned */
    bool is_dkim_aligned;
    enum dmarc_policy disposition; /* what is to be done with this message */
    bool is_sampled_out;           /* pct= or t= made the disposition milder */
};

enum { DMARC_AUTHORS_MAX = 16 };

/*
 * Several author domains in From: RFC 7489 6.6.1 checks each, and the worst outcome counts; RFC
 * 9989 exempts the message.
 */
void dmarc_check(const struct dmarc_context *context, const struct dmarc_request *request,
                 struct dmarc_outcome *outcome);

const char *dmarc_result_name(enum dmarc_result result);
const char *dmarc_reason_name(enum dmarc_reason reason);
