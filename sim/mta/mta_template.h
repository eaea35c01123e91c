/*
 * Templates of an adapter's configuration files. Of the text everything stays as it is but
 *
 *   {{name}}              the value of a name
 *   {{#name}}...{{/name}} kept if the value is not empty
 *   {{^name}}...{{/name}} kept if it is
 *   {{*list}}...{{/list}} once for each item of a list, of which names inside then tell
 *
 * A section's marks that stand alone on a line take the line with them. Sections may be nested.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

/* Where the values come from. */
struct mta_template_source {
    /* Appends the value of a name; false if there is no such name. */
    bool (*value)(void *context, struct slice name, struct buf *value);
    /* How many items a list has; SIZE_MAX if there is no such list. */
    size_t (*count)(void *context, struct slice list);
    /* From now on the names of items are about this one, from 0. */
    void (*select)(void *context, size_t item);
    void *context;
};

/* -1 with "FILE:LINE: ..." for an unknown name, a section that is not closed, or a stray mark. */
int mta_template_fill(const char *file, struct slice text, const struct mta_template_source *source,
                      struct buf *out, struct err *err) MUST_CHECK;
