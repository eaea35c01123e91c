/* A program that can read a database starts without SQLite, and has it once it asks. */
#include "mta-under-test/sqlite/sqlite_library.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static bool is_mapped(const char *library)
{
    char line[1000];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "re");
    ck_assert_ptr_nonnull(maps);
    while (!found && fgets(line, sizeof line, maps) != NULL)
        found = strstr(line, library) != NULL;
    fclose(maps);
    return found;
}

START_TEST(test_it_is_loaded_with_the_first_use)
{
    struct err err = {0};
    sqlite3 *database = NULL;
    ck_assert(!is_mapped("libsqlite3"));
    const struct sqlite_library *sqlite = sqlite_library(&err);
    ck_assert_msg(sqlite != NULL, "%s", err.text);
    ck_assert(is_mapped("libsqlite3"));
    ck_assert_ptr_eq(sqlite_library(&err), sqlite);
    ck_assert_int_eq(sqlite->open_v2(":memory:", &database, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite->exec(database, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite->close(database), SQLITE_OK);
}
END_TEST

UNIT_MAIN(test_it_is_loaded_with_the_first_use)
