#include "sim/mta/mta_sqlite.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char path[] = "/tmp/mta-sqlite-XXXXXX";

static void begin(void)
{
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

START_TEST(statements_make_a_database)
{
    struct err err;
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    begin();
    ck_assert_int_eq(mta_sqlite_write(path,
                                      "CREATE TABLE t (a TEXT);\n"
                                      "INSERT INTO t VALUES ('it''s'), ('two');\n",
                                      &err),
                     0);
    ck_assert_int_eq(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(database, "SELECT a FROM t ORDER BY rowid", -1, &statement, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(statement, 0), "it's");
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    /* Made anew, and without statements: there is nothing in it. */
    ck_assert_int_eq(mta_sqlite_write(path, "\n", &err), 0);
    ck_assert_int_eq(access(path, R_OK), 0);
    unlink(path);
}
END_TEST

START_TEST(a_mistake_is_told)
{
    struct err err;
    begin();
    ck_assert_int_eq(mta_sqlite_write(path, "CRATE TABLE t (a TEXT)", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    ck_assert_ptr_nonnull(strstr(err.text, "near \"CRATE\": syntax error"));
    unlink(path);
}
END_TEST

START_TEST(no_other_file_is_touched)
{
    static const char *const STATEMENTS[] = {"ATTACH '%s' AS other; CREATE TABLE other.t (a);",
                                             "CREATE TABLE t (a); VACUUM INTO '%s'"};
    struct err err;
    begin();
    unlink(path);
    for (size_t i = 0; i < sizeof STATEMENTS / sizeof STATEMENTS[0]; i++) {
        char text[200];
        const char *hole = strstr(STATEMENTS[i], "%s");
        snprintf(text, sizeof text, "%.*s%s%s", (int)(hole - STATEMENTS[i]), STATEMENTS[i], path,
                 hole + 2);
        ck_assert_int_eq(mta_sqlite_check("other", text, &err), -1);
        ck_assert_int_ne(access(path, F_OK), 0);
    }
    ck_assert_int_eq(mta_sqlite_check("other", "CREATE TABLE t (a)", &err), 0);
}
END_TEST

UNIT_MAIN(statements_make_a_database, a_mistake_is_told, no_other_file_is_touched)
