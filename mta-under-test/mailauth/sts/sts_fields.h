/*
 * The form that MTA-STS and TLS-RPT records share (RFC 8461 section 3.1, RFC 8460 section 3):
 *
 *     version 1*(delim field) [delim],  delim = *WSP ";" *WSP,  field = name "=" value
 */
#pragma once

#include "mta-under-test/base/slice.h"

/* Walks the fields of a record whose version (with "v=") is `version`. Start with *rest = the
 * record; each call gives one field. Returns 1 with a field, 0 at the end, -1 when the record is
 * not of this form. */
int sts_fields_begin(struct slice text, const char *version, struct slice *rest);
int sts_fields_next(struct slice *rest, struct slice *name, struct slice *value);

/* name of an extension: a letter or digit, then at most 31 letters, digits, "_", "-", ".". */
bool sts_fields_is_name(struct slice name);
/* value of an extension: printable, without "=", ";" and space. */
bool sts_fields_is_value(struct slice value);
