#include "mta-under-test/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { FILE_READ_BYTES = 64 * 1024, FILE_MODE = 0644, FOLDER_MODE = 0755 };

static int file_read_fd(int fd, struct buf *out, const char *path, struct err *err)
{
    for (;;) {
        size_t room = out->max - out->len < FILE_READ_BYTES ? out->max - out->len : FILE_READ_BYTES;
        char one_more = 0;
        char *to = room > 0 ? buf_reserve(out, room) : &one_more;
        ssize_t got = read(fd, to, room > 0 ? room : 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, "%s: cannot be read", path);
        if (got == 0)
            return 0;
        if (room == 0)
            return err_set(err, "%s: the file is larger than %zu bytes, which is the limit here",
                           path, out->max);
        buf_commit(out, (size_t)got);
    }
}

int file_read(const char *path, struct buf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s: cannot be opened", path);
    struct stat status;
    /* The end is found by a read too, which wants room. */
    if (fstat(fd, &status) == 0 && status.st_size > 0)
        buf_expect(out, (size_t)status.st_size + FILE_READ_BYTES);
    int result = file_read_fd(fd, out, path, err);
    close(fd);
    return result;
}

int file_write_fd(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.data, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes = slice_skip(bytes, (size_t)written);
    }
    return 0;
}

int file_write(const char *path, struct slice bytes, struct err *err)
{
    char *temporary = mem_text_format("%s.part", path);
    int result = -1;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        err_set_errno(err, "%s: cannot be made", temporary);
        goto out;
    }
    bool written = file_write_fd(fd, bytes) == 0;
    if (!written)
        err_set_errno(err, "%s: cannot be written", temporary);
    bool closed = close(fd) == 0;
    if (written && !closed)
        err_set_errno(err, "%s: cannot be written", temporary);
    if (!written || !closed)
        unlink(temporary);
    else if (rename(temporary, path) != 0)
        err_set_errno(err, "%s: cannot be renamed to %s", temporary, path);
    else
        result = 0;
out:
    free(temporary);
    return result;
}

int file_make_folders(const char *path, struct err *err)
{
    char *part = mem_text_copy(path);
    int result = 0;
    for (char *at = part + (part[0] == '/'); result == 0 && *at != '\0';) {
        char *end = strchrnul(at, '/');
        char kept = *end;
        *end = '\0';
        if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST)
            result = err_set_errno(err, "%s: the folder cannot be made", part);
        *end = kept;
        at = end + (kept == '/');
    }
    free(part);
    return result;
}

int file_make_parents(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return 0;
    char *folder = mem_text_copy_n(path, (size_t)(slash - path));
    int result = file_make_folders(folder, err);
    free(folder);
    return result;
}

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

struct slice file_folder_name(const char *path)
{
    size_t end = slice_find_last(slice_of(path), '/');
    if (end == SIZE_MAX)
        return SLICE("");
    struct slice folder = slice_first(slice_of(path), end);
    size_t before = slice_find_last(folder, '/');
    return before == SIZE_MAX ? folder : slice_skip(folder, before + 1);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static int is_shown(const struct dirent *item)
{
    return item->d_name[0] != '.';
}

char *file_nearest(const char *path)
{
    struct dirent **items = NULL;
    size_t folder_len = (size_t)(file_name(path) - path);
    char *folder = folder_len > 0 ? mem_text_copy_n(path, folder_len) : mem_text_copy("./");
    int count = scandir(folder, &items, is_shown, alphasort);
    free(folder);
    if (count < 0)
        return NULL;
    const char **names = mem_alloc_array((size_t)count + 1, sizeof *names);
    for (int i = 0; i < count; i++)
        names[i] = items[i]->d_name;
    const char *nearest = text_nearest(file_name(path), names);
    char *result =
        nearest != NULL ? mem_text_format("%.*s%s", (int)folder_len, path, nearest) : NULL;
    for (int i = 0; i < count; i++)
        free(items[i]);
    free(names);
    free(items);
    return result;
}
