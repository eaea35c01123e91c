#include "sim/inside/evidence.h"

#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static void put(const char *folder, const char *name, const char *text)
{
    struct err err = {0};
    char *path = mem_text_format("%s/%s", folder, name);
    ck_assert_int_eq(file_make_parents(path, &err), 0);
    ck_assert_int_eq(file_write(path, slice_of(text), &err), 0);
    free(path);
}

static void expect(const char *folder, const char *name, const char *text)
{
    struct buf bytes;
    struct err err = {0};
    char *path = mem_text_format("%s/%s", folder, name);
    buf_init(&bytes, 1000);
    ck_assert_msg(file_read(path, &bytes, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buf_text(&bytes), text);
    buf_deinit(&bytes);
    unlink(path);
    free(path);
}

START_TEST(test_all_of_it_is_kept_with_its_folders)
{
    char from[] = "/tmp/evidence-XXXXXX";
    char to[] = "/tmp/evidence-XXXXXX";
    struct err err = {0};
    ck_assert_ptr_nonnull(mkdtemp(from));
    ck_assert_ptr_nonnull(mkdtemp(to));
    put(from, "events.jsonl", "{}\n");
    put(from, "store/mx.a.test/1.eml", "mail");
    ck_assert_msg(evidence_keep(from, to, &err) == 0, "%s", err.text);
    expect(to, "events.jsonl", "{}\n");
    expect(to, "store/mx.a.test/1.eml", "mail");
    ck_assert_int_eq(evidence_keep(from, "/proc/none", &err), -1);
    unit_erase_folder(from);
    unit_erase_folder(to);
}
END_TEST

START_TEST(test_what_is_in_its_place_stays)
{
    char folder[] = "/tmp/evidence-XXXXXX";
    struct err err = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *written = evidence_open(folder, false, &err);
    ck_assert_str_eq(written, folder);
    put(folder, "events.jsonl", "{}\n");
    ck_assert_int_eq(evidence_keep(written, folder, &err), 0);
    expect(folder, "events.jsonl", "{}\n");
    free(written);
    rmdir(folder);
}
END_TEST

UNIT_MAIN(test_all_of_it_is_kept_with_its_folders, test_what_is_in_its_place_stays)
