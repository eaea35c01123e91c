#include "mta-under-test/refmta/recipients/recipient_sqlite.h"

#include "mta-under-test/sqlite/sqlite_library.h"

#include "mta-under-test/base/poison.h"

static const char QUERY[] = "SELECT address, targets FROM recipients ORDER BY rowid";

bool recipient_sqlite_is(struct slice file)
{
    static const char HEAD[] = "SQLite format 3"; /* and the NUL behind it */
    return file.len >= sizeof HEAD && memcmp(file.data, HEAD, sizeof HEAD) == 0;
}

/* A text of one line; NULL is an empty one. */
static struct slice column(const struct sqlite_library *sqlite, sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite->column_text(statement, index);
    return text != NULL ? slice_from(text, (size_t)sqlite->column_bytes(statement, index))
                        : SLICE("");
}

static bool is_line(struct slice text)
{
    return slice_find(text, '\n') == SIZE_MAX && slice_find(text, '\0') == SIZE_MAX &&
           slice_find(text, '#') == SIZE_MAX;
}

static int read_rows(const struct sqlite_library *sqlite, const char *path, sqlite3_stmt *statement,
                     struct buf *lines, struct err *err)
{
    int step = SQLITE_ROW;
    for (size_t row = 1; (step = sqlite->step(statement)) == SQLITE_ROW; row++) {
        struct slice address = column(sqlite, statement, 0);
        struct slice targets = column(sqlite, statement, 1);
        if (!is_line(address) || !is_line(targets))
            return err_set(err, "%s:%zu: an address with a line end or \"#\" in it", path, row);
        buf_format(lines, "%.*s: %.*s\n", SLICE_ARG(address), SLICE_ARG(targets));
    }
    if (buf_overflowed(lines))
        return err_set(err, "%s: the table is larger than %zu bytes", path, lines->max);
    if (step != SQLITE_DONE)
        return err_set(err, "%s: %s", path, sqlite->errstr(step));
    return 0;
}

int recipient_sqlite_read(const char *path, struct buf *lines, struct err *err)
{
    const struct sqlite_library *sqlite = sqlite_library(err);
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    int result = 0;
    if (sqlite == NULL)
        return -1;
    if (sqlite->open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        result = err_set(err, "%s: cannot be opened: %s", path, sqlite->errmsg(database));
    else if (sqlite->prepare_v2(database, QUERY, sizeof QUERY, &statement, NULL) != SQLITE_OK)
        result = err_set(err,
                         "%s: expected a table \"recipients\" with the columns \"address\" and "
                         "\"targets\": %s",
                         path, sqlite->errmsg(database));
    else
        result = read_rows(sqlite, path, statement, lines, err);
    sqlite->finalize(statement);
    sqlite->close(database);
    return result;
}
