/*
 * What the table of the configuration says to people and to other programs.
 */
#pragma once

#include "mta-under-test/base/buf.h"

/* JSON Schema (draft 2020-12), for editors and for checks before a configuration is shipped. */
void config_schema_write(struct buf *out);

/* All keys as a table in Markdown: that of the README. */
void config_keys_write(struct buf *out);
