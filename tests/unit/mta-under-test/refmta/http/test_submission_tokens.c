#include "mta-under-test/refmta/http/submission_tokens.h"

#include <string.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

/* Of "s3cret". */
#define HASH "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"

static char path[] = "/tmp/refmta-tokens-XXXXXX";
static struct submission_tokens tokens;
static struct err err;

static int load(const char *text)
{
    memcpy(path, "/tmp/refmta-tokens-XXXXXX", sizeof path);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(file_write(path, slice_of(text), &err), 0);
    int result = submission_tokens_load(&tokens, path, &err);
    unlink(path);
    return result;
}

START_TEST(a_token_is_found_by_its_hash)
{
    ck_assert_msg(load("# programs\n\nshop " HASH "\n") == 0, "%s", err.text);
    ck_assert_str_eq(submission_tokens_find(&tokens, "s3cret"), "shop");
    ck_assert_ptr_null(submission_tokens_find(&tokens, "s3cre"));
    ck_assert_ptr_null(submission_tokens_find(&tokens, HASH));
    ck_assert_ptr_null(submission_tokens_find(&tokens, NULL));
    submission_tokens_deinit(&tokens);
}
END_TEST

START_TEST(a_bad_line_is_told)
{
    static const char *const WRONG[] = {"shop\n", "shop s3cret\n", "shop " HASH "0\n"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        ck_assert_int_eq(load(WRONG[i]), -1);
        ck_assert_ptr_nonnull(strstr(err.text, ":1: expected a name and a SHA-256"));
        submission_tokens_deinit(&tokens);
    }
}
END_TEST

UNIT_MAIN(a_token_is_found_by_its_hash, a_bad_line_is_told)
