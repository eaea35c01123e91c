/*
 * What differs between two configurations, by the table.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/refmta/config/config.h"

/* Adds the names of the keys that differ and that a running server cannot change (the rows with
 * `is_fixed`), with ", " between them; nothing if there are none. */
void config_change_fixed(const struct config *before, const struct config *after, struct buf *keys);
