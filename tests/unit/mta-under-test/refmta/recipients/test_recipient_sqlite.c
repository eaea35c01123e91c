#include "mta-under-test/refmta/recipients/recipient_sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mta-under-test/refmta/recipients/recipient_map.h"
#include "tests/unit/unit.h"

static const char *const DOMAINS[] = {"a.test"};

static char path[] = "/tmp/recipients-XXXXXX";

static void make(const char *statements)
{
    sqlite3 *database = NULL;
    memcpy(strrchr(path, '-'), "-XXXXXX", 7);
    close(mkstemp(path));
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, statements, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

START_TEST(a_table_is_a_map)
{
    struct err err;
    struct arena arena = {0};
    struct recipient_targets targets;
    make("CREATE TABLE recipients (address TEXT, targets TEXT);"
         "INSERT INTO recipients VALUES ('postmaster', 'ann'), ('ann', 'ann'),"
         " ('Sales@A.test', 'ann, bob@elsewhere.test'), ('noreply', 'null');");
    struct recipient_map *map = recipient_map_load(path, DOMAINS, 1, &err);
    ck_assert_msg(map != NULL, "%s", err.text);
    ck_assert(recipient_map_find(map, SLICE("sales"), SLICE("a.test"), &arena, &targets));
    ck_assert_uint_eq(targets.count, 2);
    ck_assert_str_eq(targets.addresses[1], "bob@elsewhere.test");
    ck_assert(recipient_map_find(map, SLICE("noreply"), SLICE("a.test"), &arena, &targets));
    ck_assert_uint_eq(targets.count, 0);
    ck_assert(!recipient_map_find(map, SLICE("eve"), SLICE("a.test"), &arena, &targets));
    recipient_map_free(&map);
    arena_deinit(&arena);
    unlink(path);
}
END_TEST

START_TEST(mistakes)
{
    static const struct {
        const char *statements;
        const char *text;
    } CASES[] = {
        {"CREATE TABLE users (name TEXT);", "expected a table \"recipients\" with the columns"},
        {"CREATE TABLE recipients (address TEXT, targets TEXT);", "has no line for \"postmaster\""},
        {"CREATE TABLE recipients (address TEXT, targets TEXT);"
         "INSERT INTO recipients VALUES ('postmaster', 'ann'), ('ann', NULL);",
         ":2: expected mailboxes"},
        {"CREATE TABLE recipients (address TEXT, targets TEXT);"
         "INSERT INTO recipients VALUES ('postmaster', 'ann'), ('a', 'b' || char(10) || 'c: d');",
         ":2: an address with a line end"},
    };
    struct err err;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        make(CASES[i].statements);
        ck_assert_ptr_null(recipient_map_load(path, DOMAINS, 1, &err));
        ck_assert_msg(strstr(err.text, CASES[i].text) != NULL && strstr(err.text, path) != NULL,
                      "%s", err.text);
        unlink(path);
    }
}
END_TEST

UNIT_MAIN(a_table_is_a_map, mistakes)
