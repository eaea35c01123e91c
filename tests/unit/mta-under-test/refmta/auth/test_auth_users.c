#include "mta-under-test/refmta/auth/auth_users.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/refmta/auth/auth_passwd.h"
#include "tests/unit/unit.h"

START_TEST(a_file_is_made_changed_and_read)
{
    char path[] = "/tmp/refmta-users-XXXXXX";
    struct auth_users users;
    struct auth_secret secret;
    struct stat info;
    struct err err = {.text = ""};
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    unlink(path);
    ck_assert_msg(auth_passwd_set(path, "ann", SLICE("one"), &err) == 0, "%s", err.text);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_int_eq(auth_passwd_set(path, "bob", SLICE("two"), &err), 0);
    ck_assert_int_eq(auth_passwd_set(path, "ann", SLICE("three"), &err), 0);
    ck_assert_int_eq(auth_users_load(&users, path, &err), 0);
    ck_assert_uint_eq(users.secrets.count, 2);
    ck_assert(auth_users_find(&users, SLICE("ann"), &secret));
    ck_assert(auth_secret_is_of(&secret, SLICE("three")));
    ck_assert(!auth_secret_is_of(&secret, SLICE("one")));
    ck_assert(auth_users_find(&users, SLICE("bob"), &secret));
    ck_assert(auth_secret_is_of(&secret, SLICE("two")));
    ck_assert(!auth_users_find(&users, SLICE("eve"), &secret));
    ck_assert_uint_eq(secret.iterations, AUTH_ITERATIONS_DEFAULT);
    auth_users_deinit(&users);
    ck_assert_int_eq(auth_passwd(path, "bob", true, &err), 0);
    ck_assert_int_eq(auth_passwd(path, "bob", true, &err), -1);
    ck_assert_int_eq(auth_passwd_set(path, "a b", SLICE("x"), &err), -1);
    ck_assert_int_eq(auth_passwd_set(path, "ann", SLICE(""), &err), -1);
    ck_assert_int_eq(auth_users_load(&users, path, &err), 0);
    ck_assert_uint_eq(users.secrets.count, 1);
    auth_users_deinit(&users);
    unlink(path);
}
END_TEST

START_TEST(what_is_no_user_file_is_refused)
{
    static const char *const CASES[] = {
        "ann",
        "ann secret",
        "ann SCRAM-SHA-256$1:W22ZaJ0SNY7soEsUEjb6gQ==$AA==:AA==",
        "ann SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$AA==:AA==",
        "ann SCRAM-SHA-256$4096",
        "ann SCRAM-SHA-256$99999999:W22ZaJ0SNY7soEsUEjb6gQ==$AA==:AA==",
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct auth_users users;
        struct err err;
        char text[256];
        snprintf(text, sizeof text, "# users\n\n%s\n", CASES[i]);
        ck_assert_msg(auth_users_parse(&users, "u", slice_of(text), &err) == -1, "%s", CASES[i]);
        ck_assert_ptr_nonnull(strstr(err.text, "u:3: expected"));
        auth_users_deinit(&users);
    }
}
END_TEST

UNIT_MAIN(a_file_is_made_changed_and_read, what_is_no_user_file_is_refused)
