#include "sim/event/event_log.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum {
    EVENT_LOG_FLUSH_BYTES = 256 * 1024, /* collected before a write is made */
    EVENT_LOG_BYTES_MAX = 64 * 1024 * 1024,
    EVENT_LOG_PAGE_BYTES = 4096,
};

struct event_log {
    int fd;
    int64_t start_us;
    uint64_t next_seq;
    bool open; /* between event_begin() and event_end() */
    int write_errno;
    uint64_t written_bytes;
    struct buf lines;
    struct json_out out;
    size_t listener_count;
    struct {
        event_listener *call;
        void *context;
    } listeners[EVENT_LISTENERS_MAX];
    size_t line_start; /* where the open event begins in `lines` */
};

struct event_log *event_log_new(int fd, int64_t start_us)
{
    struct event_log *log = mem_alloc(sizeof *log);
    log->fd = fd;
    log->start_us = start_us;
    buf_init(&log->lines, EVENT_LOG_BYTES_MAX);
    return log;
}

int event_log_free(struct event_log **log_at, struct err *err)
{
    struct event_log *log = *log_at;
    if (log == NULL)
        return 0;
    *log_at = NULL;
    event_log_flush(log);
    if (close(log->fd) != 0 && log->write_errno == 0)
        log->write_errno = errno;
    int result = 0;
    if (log->write_errno != 0) {
        errno = log->write_errno;
        result = err_set_errno(err, "the event log cannot be written");
    }
    buf_deinit(&log->lines);
    free(log);
    return result;
}

void event_log_listen(struct event_log *log, event_listener *listener, void *context)
{
    assert(log->listener_count < EVENT_LISTENERS_MAX);
    log->listeners[log->listener_count].call = listener;
    log->listeners[log->listener_count].context = context;
    log->listener_count++;
}

struct json_out *event_begin(struct event_log *log, const char *source, const char *kind,
                             const char *session)
{
    assert(!log->open);
    log->open = true;
    log->line_start = log->lines.len;
    json_out_init(&log->out, &log->lines);
    json_out_object(&log->out, NULL);
    json_out_int(&log->out, "seq", (int64_t)log->next_seq);
    json_out_int(&log->out, "at", event_log_now_us(log));
    json_out_text(&log->out, "source", source);
    json_out_text(&log->out, "kind", kind);
    if (session != NULL)
        json_out_text(&log->out, "session", session);
    return &log->out;
}

void event_end(struct event_log *log)
{
    assert(log->open);
    json_out_end(&log->out);
    log->open = false;
    uint64_t seq = log->next_seq++;
    struct slice line = slice_skip(buf_slice(&log->lines), log->line_start);
    for (size_t i = 0; i < log->listener_count; i++)
        log->listeners[i].call(log->listeners[i].context, seq, line);
    buf_add_char(&log->lines, '\n');
    if (log->lines.len >= EVENT_LOG_FLUSH_BYTES)
        event_log_flush(log);
}

/* The first `len` bytes of what is collected. */
static void event_log_write(struct event_log *log, size_t len)
{
    assert(!log->open);
    if (buf_overflowed(&log->lines))
        log->write_errno = EMSGSIZE;
    if (len > 0 && log->write_errno == 0 &&
        file_write_fd(log->fd, slice_first(buf_slice(&log->lines), len)) != 0)
        log->write_errno = errno;
    log->written_bytes += len;
    buf_consume(&log->lines, len);
}

void event_log_flush(struct event_log *log)
{
    event_log_write(log, log->lines.len);
}

void event_log_flush_pages(struct event_log *log)
{
    size_t rest = (log->written_bytes + log->lines.len) % EVENT_LOG_PAGE_BYTES;
    if (rest < log->lines.len)
        event_log_write(log, log->lines.len - rest);
}

bool event_log_failed(const struct event_log *log)
{
    return log->write_errno != 0;
}

int64_t event_log_now_us(const struct event_log *log)
{
    return time_now_us() - log->start_us;
}
