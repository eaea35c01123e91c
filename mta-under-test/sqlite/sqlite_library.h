/*
 * SQLite, loaded with the first database that is opened (see base/library.h): most servers have
 * none.
 */
#pragma once

#include <sqlite3.h>

#include "mta-under-test/base/err.h"

#define SQLITE_LIBRARY_FUNCTIONS(X) \
    X(close)                        \
    X(column_bytes)                 \
    X(column_text)                  \
    X(errmsg)                       \
    X(errstr)                       \
    X(exec)                         \
    X(finalize)                     \
    X(open_v2)                      \
    X(prepare_v2)                   \
    X(set_authorizer)               \
    X(step)

/* sqlite3_step() is step() here, and so on. */
struct sqlite_library {
#define X(name) __typeof__(sqlite3_##name) *name;
    SQLITE_LIBRARY_FUNCTIONS(X)
#undef X
};

/* Loads what is not loaded yet. NULL with the reason in `err`; the next call tries again. */
const struct sqlite_library *sqlite_library(struct err *err) MUST_CHECK;
