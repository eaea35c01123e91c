#include "mta-under-test/refmta/log/log.h"

#include <fcntl.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum {
    LINE_BYTES_MAX = 1 << 20,
    FLUSH_BYTES = 1 << 16,
};

struct log {
    char *path; /* NULL for stderr */
    int fd;
    struct buf lines;
    struct event *flush;
    bool flush_due;
    struct map counts; /* event -> uint64_t */
};

static void write_out(struct log *log)
{
    if (log->lines.len > 0 && file_write_fd(log->fd, buf_slice(&log->lines)) != 0) {
        /* Nothing can be said about it, and mail matters more than its log. */
    }
    buf_reset(&log->lines);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct log *log = arg;
    log->flush_due = false;
    write_out(log);
}

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

struct log *log_open(const char *path, struct event_base *base, struct err *err)
{
    bool is_stderr = strcmp(path, "stderr") == 0;
    int fd = is_stderr ? dup(STDERR_FILENO) : open_file(path);
    if (fd < 0) {
        err_set_errno(err, "cannot open the log %s", path);
        return NULL;
    }
    struct log *log = mem_alloc(sizeof *log);
    log->fd = fd;
    log->path = is_stderr ? NULL : mem_text_copy(path);
    buf_init(&log->lines, LINE_BYTES_MAX + FLUSH_BYTES);
    if (base != NULL)
        log->flush = event_new(base, -1, 0, on_flush, log);
    return log;
}

void log_close(struct log **where)
{
    struct log *log = *where;
    *where = NULL;
    if (log == NULL)
        return;
    write_out(log);
    if (log->flush != NULL)
        event_free(log->flush);
    close(log->fd);
    buf_deinit(&log->lines);
    map_deinit(&log->counts, free);
    free(log->path);
    free(log);
}

static void count_event(struct log *log, const char *event)
{
    uint64_t *count = map_get_text(&log->counts, event);
    if (count == NULL) {
        count = mem_alloc(sizeof *count);
        map_set_text(&log->counts, event, count);
    }
    ++*count;
}

void log_each_event(const struct log *log,
                    void (*visit)(void *arg, const char *event, uint64_t count), void *arg)
{
    for (struct map_entry *at = map_first(&log->counts); at != NULL; at = map_next(at))
        visit(arg, map_key(at), *(const uint64_t *)map_value(at));
}

void log_begin(struct log_line *line, struct log *log, const char *event)
{
    static struct buf nowhere = {.max = LINE_BYTES_MAX};
    char time[TIME_TEXT_BYTES];
    if (log == NULL)
        buf_reset(&nowhere);
    else
        count_event(log, event);
    line->log = log;
    json_out_init(&line->json, log != NULL ? &log->lines : &nowhere);
    json_out_object(&line->json, NULL);
    json_out_text(&line->json, "time", time_to_rfc3339(time_now_us(), time));
    json_out_text(&line->json, "event", event);
}

void log_end(struct log_line *line)
{
    struct log *log = line->log;
    json_out_end(&line->json);
    if (log == NULL)
        return;
    buf_add_char(&log->lines, '\n');
    if (log->flush == NULL || log->lines.len >= FLUSH_BYTES) {
        write_out(log);
    } else if (!log->flush_due) {
        log->flush_due = true;
        event_active(log->flush, EV_TIMEOUT, 0);
    }
}

void log_text(struct log *log, const char *event, const char *format, ...)
{
    struct log_line line;
    struct buf text;
    va_list args;
    buf_init(&text, 4096);
    va_start(args, format);
    buf_vformat(&text, format, args);
    va_end(args);
    log_begin(&line, log, event);
    json_out_text(&line.json, "text", buf_text(&text));
    log_end(&line);
    buf_deinit(&text);
}

void log_reopen(struct log *log)
{
    if (log->path == NULL)
        return;
    write_out(log);
    int fd = open_file(log->path);
    if (fd < 0)
        return;
    close(log->fd);
    log->fd = fd;
}
