#include "mta-under-test/refmta/local/maildir.h"

#include <dirent.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/test-maildir-XXXXXX";

/* The one file in new/, or NULL; the caller frees it. */
static char *only_file(void)
{
    char *path = mem_text_format("%s/new", folder);
    char *name = NULL;
    DIR *stream = opendir(path);
    ck_assert_ptr_nonnull(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        ck_assert_ptr_null(name);
        name = mem_text_format("%s/%s", path, entry->d_name);
    }
    closedir(stream);
    free(path);
    return name;
}

static void remove_all(void)
{
    char *command[] = {"rm", "-rf", folder, NULL};
    if (fork() == 0) {
        execvp(command[0], command);
        _exit(1);
    }
}

START_TEST(a_message_appears_whole_and_counts)
{
    struct err err;
    struct buf text;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct maildir_request request = {.path = folder,
                                      .hostname = "h.test",
                                      .sender = "a@s.test",
                                      .address = "ann@a.test",
                                      .content = SLICE("Subject: x\r\n\r\nbody\r\n")};
    ck_assert_int_eq(maildir_deliver(&request, &err), MAILDIR_DELIVERED);
    char *name = only_file();
    ck_assert_ptr_nonnull(name);
    buf_init(&text, 10000);
    ck_assert_int_eq(file_read(name, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text), "Return-Path: <a@s.test>\nDelivered-To: ann@a.test\n"
                                      "Subject: x\n\nbody\n");
    ck_assert_uint_eq(maildir_used_bytes(folder), text.len);
    /* The second would pass the quota: nothing of it is left behind. */
    request.quota_bytes = text.len + 10;
    ck_assert_int_eq(maildir_deliver(&request, &err), MAILDIR_FULL);
    ck_assert_uint_eq(maildir_used_bytes(folder), text.len);
    request.quota_bytes = 2 * text.len;
    ck_assert_int_eq(maildir_deliver(&request, &err), MAILDIR_DELIVERED);
    ck_assert_uint_eq(maildir_used_bytes(folder), 2 * text.len);
    /* One that would not even fit into the empty mailbox need not be tried again. */
    request.quota_bytes = text.len - 1;
    ck_assert_int_eq(maildir_deliver(&request, &err), MAILDIR_TOO_LARGE);
    ck_assert_uint_eq(maildir_used_bytes(folder), 2 * text.len);
    buf_deinit(&text);
    free(name);
    remove_all();
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
    struct err err;
    struct maildir_request request = {.path = "/dev/null/x",
                                      .hostname = "h.test",
                                      .sender = "",
                                      .address = "ann@a.test",
                                      .content = SLICE("x\r\n")};
    ck_assert_int_eq(maildir_deliver(&request, &err), MAILDIR_FAILED);
    ck_assert(err.text[0] != '\0');
}
END_TEST

UNIT_MAIN(a_message_appears_whole_and_counts, what_cannot_be_written_is_told)
