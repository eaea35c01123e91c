/*
 * A strict scan over JSON text (RFC 8259) before it is made into a tree: it finds what is wrong
 * with line and column, holds the limits (depth), and notes where each value begins, since the tree
 * itself does not know. Beyond the RFC it refuses "\u0000", lone surrogates and bytes that are not
 * UTF-8, because no part of a scenario has a use for them.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"

/* The offsets of all values in the order in which they begin: the root first, then each member's
 * value or element, depth first. */
struct spec_scan {
    uint32_t *offsets; /* released by the caller with free() */
    size_t count;
    size_t size;
};

/* Scans the whole text; -1 with "NAME:LINE:COLUMN: ..." in `err`. `offsets` is set either way. */
int spec_scan(const char *name, struct slice text, struct spec_scan *scan,
              struct err *err) MUST_CHECK;

/* Line and column (both from 1; the column counts characters) of an offset. */
void spec_scan_place(struct slice text, size_t offset, size_t *line, size_t *column);
