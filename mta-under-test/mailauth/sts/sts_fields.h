/*
 * The form that MTA-STS and TLS-RPT records share (RFC 8461 section 3.1, RFC 8460 section 3):
 *
 *     version 1*(delim field) [delim],  delim = *WSP ";" *WSP,  field = name "=" value
 */
#pragma once

#include "mta-under-test/mailauth/core/dns.h"

/* Walks the fields of a record whose version (with "v=") is `version`. Start with *rest = the
 * record; each call gives one field. Returns 1 with a field, 0 at the end, -1 when the record is
 * not of this form. */
int sts_fields_begin(struct slice text, const char *version, struct slice *rest);
int sts_fields_next(struct slice *rest, struct slice *name, struct slice *value);

/* The one record of an answer whose version is `version`: others are left out, and not exactly one
 * is none (RFC 8461 3.1, RFC 8460 3). Returns NULL, or why there is none. */
const char *sts_fields_choose(const struct dns_answer *answer, const char *version,
                              struct slice *record);

/* name of an extension: a letter or digit, then at most 31 letters, digits, "_", "-", ".". */
bool sts_fields_is_name(struct slice name);
/* value of an extension: printable, without "=", ";" and space. */
bool sts_fields_is_value(struct slice value);
