#include "mta-under-test/refmta/sandbox/privileges.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static void expect_status(const char *line)
{
    struct buf status;
    struct err err = {.text = ""};
    buf_init(&status, 1 << 16);
    ck_assert_int_eq(file_read("/proc/self/status", &status, &err), 0);
    ck_assert_msg(strstr(buf_text(&status), line) != NULL, "no \"%s\" in %s", line,
                  buf_text(&status));
    buf_deinit(&status);
}

START_TEST(another_user_has_no_capability_left)
{
    char folder[] = "/tmp/refmta-privileges-XXXXXX";
    char path[64];
    struct err err = {.text = ""};
    struct stat status;
    if (geteuid() != 0)
        return; /* only root can become somebody */
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/spool", folder);
    ck_assert_msg(privileges_make_folder(path, "nobody", &err) == 0, "%s", err.text);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_msg(privileges_drop("nobody", &err) == 0, "%s", err.text);
    ck_assert_uint_eq(status.st_uid, geteuid());
    ck_assert_int_eq(setuid(0), -1);
    expect_status("CapEff:\t0000000000000000");
    expect_status("CapPrm:\t0000000000000000");
    expect_status("NoNewPrivs:\t1");
}
END_TEST

START_TEST(an_unknown_user_is_told)
{
    struct err err = {.text = ""};
    ck_assert_int_eq(privileges_drop("there is no such user", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "user: there is no user \"there is no such user\""));
}
END_TEST

UNIT_MAIN(another_user_has_no_capability_left, an_unknown_user_is_told)
