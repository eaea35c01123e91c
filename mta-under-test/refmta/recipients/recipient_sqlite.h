/*
 * The recipients of recipient_map.h from a table of SQLite: `recipients`, with the columns
 * `address` and `targets`, which hold what stands before and behind the colon of a line.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

/* Whether a file that begins with these bytes is a database of SQLite. */
bool recipient_sqlite_is(struct slice file);

/* Adds a line for each row, in the order of the table, so that the number of a line is that of its
 * row. -1 with the file and what is wrong. */
int recipient_sqlite_read(const char *path, struct buf *lines, struct err *err) MUST_CHECK;
