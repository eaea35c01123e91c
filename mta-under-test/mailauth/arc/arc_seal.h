/*
 * A new ARC Set for a message (RFC 8617 section 5.1). The output is deterministic.
 *
 * The message's Authentication-Results fields with the sealer's authserv-id are what the sealer has
 * found out; they become one ARC-Authentication-Results. The status of the chain so far is taken
 * from their "arc" result if there is one, and is validated otherwise.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/mailauth/arc/arc_validate.h"

struct arc_seal_options {
    EVP_PKEY *key;
    struct slice domain;   /* d= of both signatures */
    struct slice selector; /* s= */
    struct slice headers;  /* h= of the ARC-Message-Signature */
    struct slice authserv_id;
    uint64_t time_s; /* t= */
    bool canonical;  /* tags in alphabetical order and lower case, on one line */
};

/* The three fields, each with its name and without the final CRLF; empty when nothing was added. */
struct arc_sealed {
    unsigned instance;
    enum arc_status cv;
    struct slice results;
    struct slice message;
    struct slice seal;
    const char *skipped; /* why nothing was added, in words; NULL if it was */
};

/*
 * Makes the set. Nothing is added (and that is no error) when the newest seal already says
 * cv=fail, when there are 50 sets, or when no Authentication-Results field is the sealer's own.
 * -1 when the options are not usable.
 */
int arc_seal(const struct message *message, const struct arc_seal_options *options,
             const struct arc_options *validation, struct dkim_context *context,
             struct arc_sealed *sealed, struct err *err) MUST_CHECK;
