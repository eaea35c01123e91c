/*
 * The Received-SPF header field (RFC 7208 section 9.1): writer.
 */
#pragma once

#include "mta-under-test/mailauth/spf/spf_check.h"

/* Writes the field with its name and its final CRLF. `receiver` is the host that checked. */
void spf_header_write(const struct spf_request *request, const struct spf_outcome *outcome,
                      struct slice receiver, struct buf *out);
