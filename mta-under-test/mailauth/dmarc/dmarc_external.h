/*
 * Is a report address outside of the domain willing to take its reports (RFC 7489 section 7.1, RFC
 * 9990 section 4)?
 */
#pragma once

#include "mta-under-test/mailauth/dmarc/dmarc_discovery.h"

enum dmarc_external {
    DMARC_EXTERNAL_OK,      /* inside the organisation, or it has consented */
    DMARC_EXTERNAL_REFUSED, /* it has not: no report may be sent there */
    DMARC_EXTERNAL_BAD,     /* no mailto: address */
    DMARC_EXTERNAL_TEMPERROR,
    DMARC_EXTERNAL_PENDING
};

/* `record_domain` is where the policy was found. *replacement (or NULL) becomes the rua= that the
 * destination's consent names, if it names one at the same host (7.1 step 7); else it is empty. */
enum dmarc_external dmarc_external_check(const struct dmarc_context *context,
                                         struct slice record_domain, const struct dmarc_uri *uri,
                                         struct dmarc_uri *replacement);

const char *dmarc_external_name(enum dmarc_external status);
