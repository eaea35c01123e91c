#include "sim/event/event_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mta-under-test/base/buf.h"
#include "sim/event/event_line.h"

#include "mta-under-test/base/poison.h"

enum {
    EVENT_FILE_READ_BYTES = 256 * 1024,
    EVENT_FILE_LINE_BYTES_MAX = 128 * 1024 * 1024,
};

struct event_file {
    int fd;
    bool follows;
    char *path;
    struct buf bytes; /* that were read */
    size_t taken;     /* of them */
    int64_t at;       /* where the line at hand begins */
    int64_t next_at;  /* and the next one */
    struct event_line *line;
    unsigned long line_number;
};

struct event_file *event_file_open(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_set_errno(err, "%s: cannot be opened", path);
        return NULL;
    }
    struct event_file *file = mem_alloc(sizeof *file);
    file->fd = fd;
    file->path = mem_text_copy(path);
    file->line = event_line_new();
    buf_init(&file->bytes, EVENT_FILE_LINE_BYTES_MAX);
    return file;
}

void event_file_close(struct event_file **file)
{
    if (*file == NULL)
        return;
    close((*file)->fd);
    event_line_free(&(*file)->line);
    buf_deinit(&(*file)->bytes);
    free((*file)->path);
    free(*file);
    *file = NULL;
}

void event_file_follow(struct event_file *file, bool grows)
{
    file->follows = grows;
}

int64_t event_file_at(const struct event_file *file)
{
    return file->at;
}

int event_file_go(struct event_file *file, int64_t at, struct err *err)
{
    if (lseek(file->fd, at, SEEK_SET) < 0)
        return err_set_errno(err, "%s: cannot be read again", file->path);
    buf_reset(&file->bytes);
    file->taken = 0;
    file->next_at = at;
    return 0;
}

/* 1 with more bytes, 0 at the end. */
static int read_more(struct event_file *file, struct err *err)
{
    buf_consume(&file->bytes, file->taken);
    file->taken = 0;
    char *room = buf_reserve(&file->bytes, EVENT_FILE_READ_BYTES);
    if (room == NULL)
        return err_set(err, "%s:%lu: this line is too long", file->path, file->line_number + 1);
    ssize_t len = 0;
    do
        len = read(file->fd, room, EVENT_FILE_READ_BYTES);
    while (len < 0 && errno == EINTR);
    if (len < 0)
        return err_set_errno(err, "%s: cannot be read", file->path);
    buf_commit(&file->bytes, (size_t)len);
    return len > 0 ? 1 : 0;
}

/* 1 with the next line, 0 at the end. */
static int next_line(struct event_file *file, struct slice *line, struct err *err)
{
    size_t searched = 0;
    for (;;) {
        struct slice rest = slice_skip(buf_slice(&file->bytes), file->taken);
        size_t len = slice_find(slice_skip(rest, searched), '\n');
        if (len != SIZE_MAX) {
            *line = slice_first(rest, searched + len);
            file->taken += line->len + 1;
            return 1;
        }
        searched = rest.len;
        int more = read_more(file, err);
        if (more < 0)
            return -1;
        if (more > 0)
            continue;
        /* The last line of a log that was cut off. */
        *line = buf_slice(&file->bytes);
        if (line->len == 0 || file->follows)
            return 0;
        file->taken = line->len;
        return 1;
    }
}

int event_file_next(struct event_file *file, const cJSON **event, struct err *err)
{
    struct slice line;
    int found = next_line(file, &line, err);
    if (found != 1)
        return found;
    file->line_number++;
    file->at = file->next_at;
    file->next_at += (int64_t)line.len + 1;
    *event = event_line_read(file->line, line);
    if (*event == NULL)
        return err_set(err, "%s:%lu: this line is no event", file->path, file->line_number);
    return 1;
}

/* Most keys differ in their first letter, which costs no call. */
static bool has_key(const cJSON *member, const char *key)
{
    return member->string != NULL && *member->string == *key && strcmp(member->string, key) == 0;
}

const cJSON *event_member(const cJSON *event, const char *key)
{
    const cJSON *member = event != NULL ? event->child : NULL;
    while (member != NULL && !has_key(member, key))
        member = member->next;
    return member;
}

const char *event_text(const cJSON *event, const char *key)
{
    const cJSON *member = event_member(event, key);
    return cJSON_IsString(member) && member->valuestring != NULL ? member->valuestring : "";
}

int64_t event_int(const cJSON *event, const char *key, int64_t otherwise)
{
    /* Beyond 2^53 a double is no whole number any more, and beyond 2^63 none of ours. */
    static const double EXACT = 9007199254740992.0;
    const cJSON *item = event_member(event, key);
    bool whole = cJSON_IsNumber(item) && item->valuedouble >= -EXACT && item->valuedouble <= EXACT;
    return whole ? (int64_t)item->valuedouble : otherwise;
}

bool event_bool(const cJSON *event, const char *key)
{
    return cJSON_IsTrue(event_member(event, key));
}

bool event_is(const cJSON *event, const char *source, const char *kind)
{
    return strcmp(event_text(event, "source"), source) == 0 &&
           strcmp(event_text(event, "kind"), kind) == 0;
}
