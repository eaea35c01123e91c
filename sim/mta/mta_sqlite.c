#include "sim/mta/mta_sqlite.h"

#include <sqlite3.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

/* ATTACH and VACUUM INTO would write other files. */
static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    (void)context;
    (void)first;
    (void)second;
    (void)database;
    (void)trigger;
    return action == SQLITE_ATTACH ? SQLITE_DENY : SQLITE_OK;
}

static int run(const char *file, const char *path, const char *statements, struct err *err)
{
    sqlite3 *database = NULL;
    int result = 0;
    if (sqlite3_open(file, &database) != SQLITE_OK ||
        sqlite3_set_authorizer(database, authorize, NULL) != SQLITE_OK ||
        sqlite3_exec(database, statements, NULL, NULL, NULL) != SQLITE_OK)
        result = err_set(err, "%s: expected statements of SQL that make a database: %s", path,
                         sqlite3_errmsg(database));
    sqlite3_close(database);
    return result;
}

int mta_sqlite_write(const char *path, const char *statements, struct err *err)
{
    /* An empty file is an empty database; SQLite itself makes none before there is a table. */
    return file_write(path, SLICE(""), err) == 0 ? run(path, path, statements, err) : -1;
}

int mta_sqlite_check(const char *path, const char *statements, struct err *err)
{
    return run(":memory:", path, statements, err);
}
