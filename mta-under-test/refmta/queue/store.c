#include "mta-under-test/refmta/queue/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/refmta/queue/store_private.h"

#include "mta-under-test/base/poison.h"

enum {
    SEGMENT_BYTES = 16 << 20,
    SEGMENTS_SPARE = 3, /* this many are kept before anything is moved */
    STUCK_RETRY_SECONDS = 5,
};

void store_entry_init(struct store_entry *entry)
{
    *entry = (struct store_entry){0};
    list_init(&entry->link);
}

struct store_commit *store_commit_new(void)
{
    struct store_commit *commit = mem_alloc(sizeof *commit);
    buf_init(&commit->meta, RECORD_META_BYTES_MAX);
    list_init(&commit->link);
    return commit;
}

static void commit_free(struct store_commit *commit)
{
    buf_deinit(&commit->meta);
    free(commit);
}

/* Deletes segments from the oldest on, as long as no live message is in them. */
static void drop_oldest(struct store *store)
{
    bool dropped = false;
    while (!list_is_empty(&store->segments) && store->segments.next != store->segments.prev) {
        struct store_segment *oldest = LIST_ENTRY(store->segments.next, struct store_segment, link);
        if (!list_is_empty(&oldest->entries))
            break;
        store->total_bytes -= oldest->bytes;
        list_remove(&oldest->link);
        pthread_mutex_lock(&store->lock);
        list_push_back(&store->trash, &oldest->link);
        pthread_mutex_unlock(&store->lock);
        dropped = true;
    }
    if (dropped && store->threaded)
        pthread_cond_signal(&store->work);
}

static void entry_unlink(struct store *store, struct store_entry *entry)
{
    if (entry->segment == NULL)
        return;
    store->live_bytes -= entry->record_bytes;
    entry->segment->live_bytes -= entry->record_bytes;
    entry->segment = NULL;
    list_remove(&entry->link);
}

void store_entry_place(struct store *store, struct store_entry *entry,
                       struct store_segment *segment, uint64_t record_offset,
                       const struct record_header *header)
{
    entry_unlink(store, entry);
    entry->segment = segment;
    entry->content_offset = record_offset + RECORD_HEADER_BYTES + header->meta_len;
    entry->content_len = header->content_len;
    entry->record_bytes = RECORD_HEADER_BYTES + header->meta_len + header->content_len;
    segment->live_bytes += entry->record_bytes;
    store->live_bytes += entry->record_bytes;
    list_push_back(&segment->entries, &entry->link);
}

void store_segment_grown(struct store *store, struct store_segment *segment, uint64_t bytes)
{
    if (!segment->listed) {
        segment->listed = true;
        list_push_back(&store->segments, &segment->link);
    }
    if (bytes > segment->bytes) {
        store->total_bytes += bytes - segment->bytes;
        segment->bytes = bytes;
    }
}

/* EAGAIN only says that a record waits behind another. */
static void note_error(struct store *store, int error)
{
    bool is_change = error != EAGAIN && (error == 0) != (store->error == 0);
    if (error != EAGAIN)
        store->error = error;
    if (is_change && store->on_trouble != NULL)
        store->on_trouble(store->arg, error);
}

static void commit_done(struct store *store, struct store_commit *commit)
{
    note_error(store, commit->error);
    if (commit->error != 0 && commit->must_succeed) {
        static const struct timeval WAIT = {.tv_sec = STUCK_RETRY_SECONDS};
        list_push_back(&store->stuck, &commit->link);
        if (store->stuck_timer != NULL && !event_pending(store->stuck_timer, EV_TIMEOUT, NULL))
            event_add(store->stuck_timer, &WAIT);
        return;
    }
    if (commit->error == 0) {
        store_segment_grown(store, commit->segment, commit->offset + store_commit_bytes(commit));
        struct record_header header = {.meta_len = (uint32_t)commit->meta.len,
                                       .content_len = (uint32_t)commit->content.len};
        if (commit->entry != NULL)
            store_entry_place(store, commit->entry, commit->segment, commit->offset, &header);
    }
    if (commit->done != NULL)
        commit->done(commit->arg, commit->error);
    commit_free(commit);
}

void store_catch_up(struct store *store)
{
    struct list done;
    list_init(&done);
    pthread_mutex_lock(&store->lock);
    store->untold = 0;
    for (struct list *link; (link = list_pop_front(&store->done)) != NULL;)
        list_push_back(&done, link);
    pthread_mutex_unlock(&store->lock);
    for (struct list *link; (link = list_pop_front(&done)) != NULL;)
        commit_done(store, LIST_ENTRY(link, struct store_commit, link));
    drop_oldest(store);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct store *store = arg;
    eventfd_t count;
    if (store->threaded)
        eventfd_read(fd, &count);
    else
        store_write_here(store);
    store_catch_up(store);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct store *store = arg;
    store_catch_up(store);
    pthread_cond_signal(&store->work);
}

/* Not at the first commit: what else the loop has at hand shall go to the disk with it. */
static void wake_writer(struct store *store)
{
    if (store->threaded)
        event_active(store->wake_event, EV_TIMEOUT, 0);
    else if (store->done_event != NULL)
        event_active(store->done_event, EV_TIMEOUT, 0);
}

static void on_stuck(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct store *store = arg;
    pthread_mutex_lock(&store->lock);
    /* In front of all that has come since, and in their old order. */
    while (!list_is_empty(&store->stuck)) {
        struct list *last = store->stuck.prev;
        list_remove(last);
        list_push_front(&store->pending, last);
    }
    store->blocked = false;
    pthread_mutex_unlock(&store->lock);
    wake_writer(store);
}

void store_submit(struct store *store, struct store_commit *commit)
{
    assert(commit->meta.len > 0 && !buf_overflowed(&commit->meta));
    if (commit->must_succeed && !list_is_empty(&store->stuck)) {
        list_push_back(&store->stuck, &commit->link);
        return;
    }
    pthread_mutex_lock(&store->lock);
    bool was_empty = list_is_empty(&store->pending);
    list_push_back(&store->pending, &commit->link);
    pthread_mutex_unlock(&store->lock);
    if (was_empty)
        wake_writer(store);
}

static bool nothing_waits(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    bool idle = list_is_empty(&store->pending);
    pthread_mutex_unlock(&store->lock);
    return idle;
}

/* From now on the loop writes by itself: there must never be two writers. */
static void stop_thread(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    store->stopping = true;
    pthread_cond_signal(&store->work);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->thread, NULL);
    store->threaded = false;
}

void store_flush(struct store *store)
{
    if (store->threaded)
        stop_thread(store);
    if (!list_is_empty(&store->stuck))
        on_stuck(-1, 0, store);
    do {
        store_write_here(store);
        store_catch_up(store);
    } while (!nothing_waits(store));
}

void store_release(struct store *store, struct store_entry *entry)
{
    entry_unlink(store, entry);
    drop_oldest(store);
}

ssize_t store_read(const struct store_entry *entry, uint64_t offset, char *data, size_t len)
{
    if (entry->segment == NULL || offset >= entry->content_len)
        return 0;
    if (len > entry->content_len - offset)
        len = (size_t)(entry->content_len - offset);
    size_t got = 0;
    while (got < len) {
        ssize_t part = pread(entry->segment->fd, data + got, len - got,
                             (off_t)(entry->content_offset + offset + got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0) {
            errno = part == 0 ? EIO : errno;
            return -1;
        }
        got += (size_t)part;
    }
    return (ssize_t)got;
}

struct store_entry *store_oldest_entry(struct store *store)
{
    if (list_is_empty(&store->segments) || store->segments.next == store->segments.prev ||
        store->total_bytes < SEGMENTS_SPARE * store->segment_bytes + 4 * store->live_bytes)
        return NULL;
    struct store_segment *oldest = LIST_ENTRY(store->segments.next, struct store_segment, link);
    if (list_is_empty(&oldest->entries))
        return NULL;
    return LIST_ENTRY(oldest->entries.next, struct store_entry, link);
}

void store_figures(const struct store *store, struct store_figures *figures)
{
    *figures = (struct store_figures){store->total_bytes, store->live_bytes, store->error};
}

static int lock_folder(struct store *store, const char *folder, struct err *err)
{
    if (file_make_folders(folder, err) != 0)
        return -1;
    store->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder_fd < 0)
        return err_set_errno(err, "cannot open the spool %s", folder);
    store->lock_fd = openat(store->folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_fd < 0)
        return err_set_errno(err, "cannot write to the spool %s", folder);
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, "the spool %s is in use by another refmta", folder);
    return 0;
}

struct store *store_open(const struct store_options *options, struct err *err)
{
    struct store *store = mem_alloc(sizeof *store);
    store->folder_fd = -1;
    store->lock_fd = -1;
    store->done_fd = -1;
    store->sync = options->sync;
    store->base = options->base;
    store->on_trouble = options->on_trouble;
    store->arg = options->arg;
    store->threaded = options->base != NULL && options->sync;
    store->segment_bytes = options->segment_bytes > 0 ? options->segment_bytes : SEGMENT_BYTES;
    list_init(&store->segments);
    list_init(&store->stuck);
    list_init(&store->pending);
    list_init(&store->done);
    list_init(&store->trash);
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->work, NULL);
    if (lock_folder(store, options->folder, err) != 0) {
        store->threaded = false;
        store_close(&store);
        return NULL;
    }
    if (store->base != NULL) {
        if (store->threaded)
            store->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        store->done_event = event_new(store->base, store->done_fd,
                                      store->threaded ? EV_READ | EV_PERSIST : 0, on_done, store);
        store->stuck_timer = event_new(store->base, -1, 0, on_stuck, store);
        store->wake_event = event_new(store->base, -1, 0, on_wake, store);
        if (store->threaded)
            event_add(store->done_event, NULL);
    }
    if (store->threaded && pthread_create(&store->thread, NULL, store_writer_main, store) != 0) {
        err_set(err, "cannot start the thread that writes the queue");
        store->threaded = false;
        store_close(&store);
    }
    return store;
}

void store_close(struct store **where)
{
    struct store *store = *where;
    *where = NULL;
    if (store == NULL)
        return;
    if (store->lock_fd >= 0)
        store_flush(store);
    for (struct list *link; (link = list_pop_front(&store->stuck)) != NULL;)
        commit_free(LIST_ENTRY(link, struct store_commit, link));
    if (store->active != NULL && !store->active->listed)
        segment_close(&store->active);
    for (struct list *link; (link = list_pop_front(&store->segments)) != NULL;) {
        struct store_segment *segment = LIST_ENTRY(link, struct store_segment, link);
        segment_close(&segment);
    }
    if (store->done_event != NULL)
        event_free(store->done_event);
    if (store->wake_event != NULL)
        event_free(store->wake_event);
    if (store->stuck_timer != NULL)
        event_free(store->stuck_timer);
    if (store->done_fd >= 0)
        close(store->done_fd);
    if (store->folder_fd >= 0)
        close(store->folder_fd);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    pthread_mutex_destroy(&store->lock);
    pthread_cond_destroy(&store->work);
    free(store);
}
