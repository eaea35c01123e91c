#include "mta-under-test/sqlite/sqlite_library.h"

#include "mta-under-test/base/library.h"

#include "mta-under-test/base/poison.h"

const struct sqlite_library *sqlite_library(struct err *err)
{
    static struct sqlite_library calls;
    static const struct library_symbol SYMBOLS[] = {
#define X(name) {"sqlite3_" #name, &calls.name},
        SQLITE_LIBRARY_FUNCTIONS(X)
#undef X
    };
    static struct library library = {
        .file = "libsqlite3.so.0", .symbols = SYMBOLS, .count = sizeof SYMBOLS / sizeof SYMBOLS[0]};
    return library_load(&library, err) == 0 ? &calls : NULL;
}
