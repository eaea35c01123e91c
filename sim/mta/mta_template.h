/*
 * Templates of an adapter's configuration files. Of the text everything stays as it is but
 *
 *   {{name}}              the value of a name
 *   {{#name}}...{{/name}} kept if the value is not empty
 *   {{^name}}...{{/name}} kept if it is
 *
 * A section's marks that stand alone on a line take the line with them. Sections may be nested.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

/* Appends the value of a name; false if there is no such name. */
typedef bool mta_template_value(void *context, struct slice name, struct buf *value);

/* -1 with "FILE:LINE: ..." for an unknown name, a section that is not closed, or a stray mark. */
int mta_template_fill(const char *file, struct slice text, mta_template_value *value, void *context,
                      struct buf *out, struct err *err) MUST_CHECK;
