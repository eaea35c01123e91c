#include "sim/mta/mta_sqlite.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/sqlite/sqlite_library.h"

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

/* Most scenarios have no statements for the files of their server. */
static bool is_blank(const char *statements)
{
    return statements[strspn(statements, " \t\r\n")] == '\0';
}

static int run(const char *file, const char *path, const char *statements, struct err *err)
{
    if (is_blank(statements))
        return 0;
    const struct sqlite_library *sqlite = sqlite_library(err);
    sqlite3 *database = NULL;
    int result = 0;
    if (sqlite == NULL)
        return -1;
    if (sqlite->open_v2(file, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
            SQLITE_OK ||
        sqlite->set_authorizer(database, authorize, NULL) != SQLITE_OK ||
        sqlite->exec(database, statements, NULL, NULL, NULL) != SQLITE_OK)
        result = err_set(err, "%s: expected statements of SQL that make a database: %s", path,
                         sqlite->errmsg(database));
    sqlite->close(database);
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
