/*
 * A message in a form that any server can take: US-ASCII in lines (RFC 6152 3, RFC 3030 3). Each
 * part with other bytes gets quoted-printable or base64, and stays what it was once it is decoded.
 * What nobody may change stays whole, and then there is no such form: signed and encrypted parts
 * (RFC 1847 2.1), header fields with UTF-8 (RFC 6532). A pure function.
 *
 * DKIM signatures do not survive it: who signs must do so behind it (RFC 6376 5.3).
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum { MIME_DEPTH_MAX = 20 };

/* Why there is no such form. */
struct mime_obstacle {
    const char *status; /* enhanced, for the bounce */
    const char *why;    /* a literal */
};

/* -1 with the obstacle. */
int mime_downgrade(struct slice content, struct buf *out,
                   struct mime_obstacle *obstacle) MUST_CHECK;

/* Whether a field of the message, or of a message or part in it, is not US-ASCII: then only servers
 * with SMTPUTF8 can take it. */
bool mime_has_utf8_header(struct slice content) MUST_CHECK;
