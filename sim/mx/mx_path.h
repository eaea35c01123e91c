/*
 * Reverse-path and forward-path of MAIL and RCPT (RFC 5321 4.1.2, RFC 6531 3.3).
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

enum {
    MX_LOCAL_BYTES_MAX = 64, /* RFC 5321 4.5.3.1.1 */
    MX_PATH_BYTES_MAX = 256, /* with the angle brackets, 4.5.3.1.3 */
};

struct mx_path {
    struct slice mailbox; /* "user@a.test", without brackets and source route; empty for "<>" */
    struct slice local;
    struct slice domain;
    bool space;        /* white space behind the colon: not allowed, often seen */
    bool source_route; /* "@relay:" stood in front (RFC 5321 appendix C) */
    bool utf8;         /* needs SMTPUTF8 */
    bool too_long;     /* beyond the lengths of RFC 5321 4.5.3.1 */
};

/*
 * Reads "FROM:<path>" or "TO:<path>" (`keyword` is "FROM:", "TO:") off the front of *args, so that
 * the parameters are left. 0, or -1 if it is no path. "<>" is read whatever the keyword; the local
 * part "postmaster" may stand without a domain.
 */
int mx_path_read(struct slice *args, const char *keyword, struct mx_path *path) MUST_CHECK;
