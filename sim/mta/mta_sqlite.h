/*
 * A file of a server that is a database of SQLite, as administrators' tools write them. The
 * statements are the scenario's: they see no other file.
 */
#pragma once

#include "mta-under-test/base/err.h"

/* Makes the file, with what the statements put into it; -1 with the file and what SQLite says. */
int mta_sqlite_write(const char *path, const char *statements, struct err *err) MUST_CHECK;
/* The same without a file: whether it would do. */
int mta_sqlite_check(const char *path, const char *statements, struct err *err) MUST_CHECK;
