#include "mta-under-test/refmta/local/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { FIELDS_BYTES_MAX = 2048, PATH_BYTES = 4096, FOLDER_MODE = 0700, FILE_MODE = 0600 };

/* The size in a name: "...,S=1234:2,S". */
static uint64_t size_in_name(const char *name)
{
    struct slice rest = slice_of(name);
    size_t at = slice_find_slice(rest, SLICE(",S="));
    uint64_t bytes = 0;
    if (at == SIZE_MAX)
        return 0;
    rest = slice_skip(rest, at + 3);
    size_t digits = 0;
    while (digits < rest.len && text_is_digit(rest.data[digits]))
        digits++;
    return text_to_u64(slice_first(rest, digits), &bytes) == 0 ? bytes : 0;
}

uint64_t maildir_used_bytes(const char *path)
{
    static const char *const FOLDERS[] = {"new", "cur"};
    uint64_t bytes = 0;
    for (size_t i = 0; i < 2; i++) {
        char folder[PATH_BYTES];
        snprintf(folder, sizeof folder, "%s/%s", path, FOLDERS[i]);
        DIR *stream = opendir(folder);
        if (stream == NULL)
            continue;
        for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
            bytes += size_in_name(entry->d_name);
        closedir(stream);
    }
    return bytes;
}

static int make_folders(const char *path, struct err *err)
{
    static const char *const FOLDERS[] = {"tmp", "new", "cur"};
    if (file_make_folders(path, err) != 0)
        return -1;
    for (size_t i = 0; i < 3; i++) {
        char folder[PATH_BYTES];
        snprintf(folder, sizeof folder, "%s/%s", path, FOLDERS[i]);
        if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
            return err_set_errno(err, "cannot make %s", folder);
    }
    return 0;
}

/* The file as it will stand there. */
static void write_text(const struct maildir_request *request, struct buf *out)
{
    struct slice rest = request->content;
    struct slice line;
    buf_format(out, "Return-Path: <%s>\nDelivered-To: %s\n", request->sender, request->address);
    while (slice_split(&rest, '\n', &line)) {
        bool was_last =
            rest.len == 0 && line.data + line.len == request->content.data + request->content.len;
        if (line.len > 0 && line.data[line.len - 1] == '\r' && !was_last)
            line = slice_first(line, line.len - 1);
        buf_add_slice(out, line);
        if (!was_last)
            buf_add_char(out, '\n');
    }
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd >= 0 ? fsync(fd) : -1;
    if (fd >= 0)
        close(fd);
    return result;
}

static int write_file(const char *path, struct slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return -1;
    int result = file_write_fd(fd, bytes) == 0 && fsync(fd) == 0 ? 0 : -1;
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

static enum maildir_result failed(struct err *err, const char *what)
{
    bool is_full = errno == ENOSPC || errno == EDQUOT;
    err_set_errno(err, "cannot write %s", what);
    return is_full ? MAILDIR_FULL : MAILDIR_FAILED;
}

static enum maildir_result store(const struct maildir_request *request, struct slice bytes,
                                 struct err *err)
{
    static atomic_uint counter;
    char name[PATH_BYTES / 2];
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    int64_t now_us = time_now_us();
    snprintf(name, sizeof name, "%lld.M%lldP%dQ%u.%s,S=%zu", (long long)(now_us / TIME_SECOND),
             (long long)(now_us % TIME_SECOND), (int)getpid(), atomic_fetch_add(&counter, 1),
             request->hostname, bytes.len);
    snprintf(from, sizeof from, "%s/tmp/%s", request->path, name);
    snprintf(to, sizeof to, "%s/new/%s", request->path, name);
    if (write_file(from, bytes) != 0 || rename(from, to) != 0) {
        enum maildir_result result = failed(err, from);
        unlink(from);
        return result;
    }
    snprintf(to, sizeof to, "%s/new", request->path);
    /* It is there, and may be read already; only its name may not be safe yet. */
    return sync_folder(to) == 0 ? MAILDIR_DELIVERED : failed(err, to);
}

enum maildir_result maildir_deliver(const struct maildir_request *request, struct err *err)
{
    struct buf text;
    enum maildir_result result;
    if (make_folders(request->path, err) != 0)
        return MAILDIR_FAILED;
    buf_init(&text, request->content.len + FIELDS_BYTES_MAX);
    write_text(request, &text);
    if (request->quota_bytes > 0 && text.len > request->quota_bytes) {
        err_set(err, "the message is larger than the mailbox may be: its quota is %llu bytes",
                (unsigned long long)request->quota_bytes);
        result = MAILDIR_TOO_LARGE;
    } else if (request->quota_bytes > 0 &&
               maildir_used_bytes(request->path) + text.len > request->quota_bytes) {
        err_set(err, "the mailbox is full: its quota is %llu bytes",
                (unsigned long long)request->quota_bytes);
        result = MAILDIR_FULL;
    } else {
        result = store(request, buf_slice(&text), err);
    }
    buf_deinit(&text);
    return result;
}
