/*
 * Bodies in forms that are US-ASCII in short lines (RFC 2045 6.7 and 6.8). What is written does not
 * end in a line end of its own.
 */
#pragma once

#include "mta-under-test/base/buf.h"

/* CRLF stays a line end, all else that is not plain becomes =XX. */
void mime_encode_quoted(struct slice body, struct buf *out);

/* Text that says it is quoted-printable already, and yet has bytes that may not stand there: they
 * become =XX, the rest stays. */
void mime_encode_rest(struct slice body, struct buf *out);

void mime_encode_base64(struct slice body, struct buf *out);
