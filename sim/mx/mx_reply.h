/*
 * One SMTP reply: code, enhanced status code (RFC 3463), text of one or more lines.
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum { MX_ENHANCED_BYTES = 12 };

struct mx_reply {
    int code;
    char enhanced[MX_ENHANCED_BYTES]; /* "4.7.28" or "" */
    const char *text;                 /* lines separated by "\n"; not NULL */
};

/*
 * Splits "421 4.7.28 Unusual rate" (as a scenario has it) into its parts; the text is borrowed.
 * NULL if it is one, else what is wrong with it, for people. A code is three digits, 200 to 599,
 * the second at most 5 (RFC 5321 4.2); an enhanced code that stands there must be one.
 */
const char *mx_reply_parse(const char *text, struct mx_reply *reply) MUST_CHECK;

/* Appends the lines as they go over the wire; each carries the enhanced code if `with_enhanced`. */
void mx_reply_write(const struct mx_reply *reply, bool with_enhanced, struct buf *out);

/* "250" and the like lets a command take effect; 4yz and 5yz refuse it. */
static inline bool mx_reply_is_positive(int code)
{
    return code >= 200 && code < 400;
}
