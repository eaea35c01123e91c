/*
 * Writes HTML and XML into a buf. Whatever comes from outside (a peer's words, a scenario's names)
 * goes through here and cannot become markup: & < > " ' are escaped; bytes that are no UTF-8,
 * control characters and characters that turn the direction of writing come out as visible signs,
 * so the output is well-formed HTML and XML 1.0 whatever was sent.
 */
#pragma once

#include "mta-under-test/base/buf.h"

/* Escaped; fit for content and for attribute values in either kind of quotes. NULL is "". */
void html_text(struct buf *out, const char *text);
void html_slice(struct buf *out, struct slice text);

/* As html_slice(), cut at `max` bytes with an ellipsis. */
void html_cut(struct buf *out, struct slice text, size_t max);

/* printf for markup: the format itself is markup, each %s is escaped. Only plain %s and the number
 * conversions are allowed. */
void html_print(struct buf *out, const char *format, ...) PRINTF_LIKE(2, 3);
