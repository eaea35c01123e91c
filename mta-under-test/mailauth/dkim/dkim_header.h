/*
 * The header fields' canonical forms (RFC 6376 sections 3.4.1 and 3.4.2), and the choice of fields
 * that h= makes (5.4.2). ARC uses the same (RFC 8617 section 4.1).
 */
#pragma once

#include "mta-under-test/mailauth/core/message.h"
#include "mta-under-test/mailauth/dkim/dkim_body.h"

/* Adds a whole field ("Name: value", folding included, without the final CRLF) in canonical form,
 * with a CRLF behind it if `ends_line`. */
void dkim_header_add(struct dkim_hash *hash, enum dkim_canon canon, struct slice raw,
                     bool ends_line);

/*
 * Adds the fields that `names` (h=: names with colons between, white space around them) chooses:
 * each name takes the lowest field of that name that was not taken yet, or nothing. The field
 * `self` (or NULL), the signature at hand, is never taken. Returns how many fields were taken.
 */
size_t dkim_header_add_chosen(struct dkim_hash *hash, enum dkim_canon canon,
                              const struct message *message, struct slice names,
                              const struct message_field *self, struct arena *arena);
