#include "sim/mta/mta_log.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

struct mta_log {
    struct event_log *events;
    const struct mta_adapter *adapter;
    const char *path;
    struct timeval pause;
    int fd;         /* of the file; -1 = not there yet */
    int inotify_fd; /* watches the file, or its folder until it is there */
    struct event *changed;
    struct event *timer;
    struct buf line; /* the beginning of a line whose end has not been seen */
    bool skips;      /* the rest of a line that was too long */
};

/* ---- lines */

static void mta_log_tell(const struct mta_log *log, const char *status, const struct slice *facts)
{
    struct json_out *event = event_begin(log->events, "mta", "log", NULL);
    json_out_text(event, "status", status);
    for (size_t i = 0; i < MTA_FACT_COUNT; i++) {
        if (facts[i].data != NULL)
            json_out_slice(event, MTA_FACT_WORDS[i], slice_first(facts[i], MTA_LOG_TEXT_BYTES_MAX));
    }
    event_end(log->events);
}

static void mta_log_take_line(const struct mta_log *log, const char *text)
{
    const struct mta_adapter *adapter = log->adapter;
    struct mta_line line;
    size_t i = 0;
    mta_line_init(&line, text);
    while (i < adapter->pattern_count && !mta_pattern_fits(&adapter->patterns[i], &line))
        i++;
    if (i < adapter->pattern_count)
        mta_log_tell(log, adapter->patterns[i].status, line.facts);
    mta_line_deinit(&line);
}

static void mta_log_take(struct mta_log *log, struct slice bytes)
{
    while (bytes.len > 0) {
        size_t end = slice_find(bytes, '\n');
        struct slice part = slice_first(bytes, end);
        if (!log->skips && !buf_add_slice(&log->line, part)) {
            (void)buf_add_slice(&log->line, slice_first(part, log->line.max - log->line.len));
            log->skips = true;
        }
        if (end == SIZE_MAX)
            return;
        mta_log_take_line(log, buf_text(&log->line));
        buf_reset(&log->line);
        log->skips = false;
        bytes = slice_skip(bytes, end + 1);
    }
}

/* ---- the file */

static void mta_log_open_file(struct mta_log *log)
{
    log->fd = open(log->path, O_RDONLY | O_CLOEXEC);
}

/* Once: of the lines that come until they are read the first one tells enough. */
static void mta_log_watch_file(struct mta_log *log)
{
    if (log->fd >= 0)
        (void)inotify_add_watch(log->inotify_fd, log->path, IN_MODIFY | IN_ONESHOT);
}

static void mta_log_read(struct mta_log *log)
{
    char bytes[16384];
    ssize_t got;
    if (log->fd < 0)
        mta_log_open_file(log);
    mta_log_watch_file(log); /* first: what comes behind the last read is told */
    while (log->fd >= 0 && (got = read(log->fd, bytes, sizeof bytes)) > 0)
        mta_log_take(log, slice_from(bytes, (size_t)got));
}

static void mta_log_on_time(evutil_socket_t unused, short what, void *context)
{
    (void)unused;
    (void)what;
    mta_log_read(context);
}

static void mta_log_on_change(evutil_socket_t fd, short what, void *context)
{
    struct mta_log *log = context;
    char told[4096]; /* what does not fit makes the loop come back */
    (void)what;
    (void)!read(fd, told, sizeof told);
    if (!event_pending(log->timer, EV_TIMEOUT, NULL))
        event_add(log->timer, &log->pause);
}

/* What the file has already is no news: it is of an earlier start. */
static int mta_log_watch(struct mta_log *log, struct err *err)
{
    mta_log_open_file(log);
    if (log->fd >= 0) {
        mta_log_watch_file(log);
        lseek(log->fd, 0, SEEK_END);
        return 0;
    }
    size_t end = slice_find_last(slice_of(log->path), '/');
    char *folder = mem_text_copy_n(log->path, end == SIZE_MAX || end == 0 ? 1 : end);
    int watch = inotify_add_watch(log->inotify_fd, folder, IN_CREATE | IN_MOVED_TO);
    if (watch < 0)
        err_set_errno(err, "%s: cannot be watched for the log of the server", folder);
    free(folder);
    return watch < 0 ? -1 : 0;
}

struct mta_log *mta_log_open(struct event_base *base, struct event_log *events,
                             const struct mta_adapter *adapter, const char *path, int64_t pause_us,
                             struct err *err)
{
    struct mta_log *log = mem_alloc(sizeof *log);
    *log = (struct mta_log){.events = events,
                            .adapter = adapter,
                            .path = path,
                            .pause = {pause_us / TIME_SECOND, pause_us % TIME_SECOND},
                            .fd = -1};
    buf_init(&log->line, MTA_LOG_LINE_BYTES_MAX);
    log->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (log->inotify_fd < 0) {
        err_set_errno(err, "the log of the server cannot be watched (inotify)");
        mta_log_close(&log);
        return NULL;
    }
    if (mta_log_watch(log, err) != 0) {
        mta_log_close(&log);
        return NULL;
    }
    log->timer = evtimer_new(base, mta_log_on_time, log);
    log->changed = event_new(base, log->inotify_fd, EV_READ | EV_PERSIST, mta_log_on_change, log);
    event_add(log->changed, NULL);
    return log;
}

void mta_log_end(struct mta_log *log)
{
    if (log->changed == NULL)
        return;
    mta_log_read(log);
    event_free(log->changed);
    log->changed = NULL;
    event_free(log->timer);
    log->timer = NULL;
}

void mta_log_close(struct mta_log **log_at)
{
    struct mta_log *log = *log_at;
    if (log == NULL)
        return;
    *log_at = NULL;
    mta_log_end(log);
    if (log->fd >= 0)
        close(log->fd);
    if (log->inotify_fd >= 0)
        close(log->inotify_fd);
    buf_deinit(&log->line);
    free(log);
}
