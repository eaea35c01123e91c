#include "mta-under-test/refmta/config/config_schema.h"

#include <cjson/cJSON.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static struct buf read_source(const char *path)
{
    struct buf text;
    struct err err;
    buf_init(&text, TEXT_BYTES_MAX);
    ck_assert_msg(file_read(path, &text, &err) == 0, "%s", err.text);
    return text;
}

START_TEST(the_published_schema_is_that_of_the_program)
{
    struct buf made;
    struct buf published = read_source("mta-under-test/refmta/config/schema.json");
    buf_init(&made, TEXT_BYTES_MAX);
    config_schema_write(&made);
    ck_assert_msg(slice_equal(buf_slice(&made), buf_slice(&published)),
                  "config/schema.json is old: write it anew with refmta --schema");
    cJSON *root = cJSON_ParseWithLength(made.data, made.len);
    ck_assert_ptr_nonnull(root);
    cJSON_Delete(root);
    buf_deinit(&made);
    buf_deinit(&published);
}
END_TEST

START_TEST(the_readme_has_all_keys)
{
    struct buf made;
    struct buf readme = read_source("mta-under-test/refmta/README.md");
    buf_init(&made, TEXT_BYTES_MAX);
    config_keys_write(&made);
    ck_assert_msg(slice_find_slice(buf_slice(&readme), buf_slice(&made)) != SIZE_MAX,
                  "the README's table of keys is old: put in what refmta --keys says");
    buf_deinit(&made);
    buf_deinit(&readme);
}
END_TEST

UNIT_MAIN(the_published_schema_is_that_of_the_program, the_readme_has_all_keys)
