#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mta-under-test/refmta/queue/store_private.h"

#include "mta-under-test/base/poison.h"

enum { BATCH_RECORDS_MAX = 512 };

/* Makes sure of a segment to write to; 0 or an errno. */
static int ready_segment(struct store *store)
{
    if (store->active != NULL && store->offset < store->segment_bytes)
        return 0;
    const uint32_t *spare = store->spare_count > 0 ? &store->spares[store->spare_count - 1] : NULL;
    struct store_segment *segment =
        segment_create(store->folder_fd, store->next_number, spare, store->sync);
    if (spare != NULL)
        store->spare_count--;
    if (segment == NULL)
        return errno;
    if (store->active != NULL && store->active->written)
        segment_trim(store->active, store->end);
    store->next_number++;
    if (store->active != NULL && !store->active->written)
        segment_close(&store->active);
    store->active = segment;
    store->offset = 0;
    store->end = 0;
    return 0;
}

/* Bytes to be written, in a struct that has no const since the same serves for reading. */
static struct iovec part_of(struct slice bytes)
{
    union {
        const char *in;
        void *out;
    } data = {.in = bytes.data};
    return (struct iovec){data.out, bytes.len};
}

/* Writes records behind each other and syncs once. Nothing of them counts after an error. */
static int write_records(struct store *store, struct list *records)
{
    struct iovec parts[BATCH_RECORDS_MAX * 3];
    int count = 0;
    int error = ready_segment(store);
    if (error != 0)
        return error;
    uint64_t offset = store->offset;
    LIST_EACH(link, records)
    {
        struct store_commit *commit = LIST_ENTRY(link, struct store_commit, link);
        struct slice meta = buf_slice(&commit->meta);
        record_seal(commit->header, store->active->number, meta, commit->content);
        commit->segment = store->active;
        commit->offset = offset;
        offset += store_commit_bytes(commit);
        parts[count++] = (struct iovec){commit->header, RECORD_HEADER_BYTES};
        parts[count++] = part_of(meta);
        if (commit->content.len > 0)
            parts[count++] = part_of(commit->content);
    }
    error = segment_write(store->active, parts, count, store->offset);
    if (error == 0 && store->sync && fdatasync(store->active->fd) != 0) {
        /* After a failed sync nobody knows what the file holds: never write behind it. */
        error = errno;
        store->offset = store->segment_bytes;
        return error;
    }
    if (error != 0) {
        if (ftruncate(store->active->fd, (off_t)store->offset) != 0)
            store->offset = store->segment_bytes;
        return error;
    }
    store->offset = offset;
    store->end = offset;
    store->active->written = true;
    return 0;
}

static void set_errors(struct list *records, int error)
{
    LIST_EACH(link, records)
    LIST_ENTRY(link, struct store_commit, link)->error = error;
}

/* Gives the room of the spare files back, when there is no other. */
static void drop_spares(struct store *store)
{
    while (store->spare_count > 0)
        segment_delete_spare(store->folder_fd, store->spares[--store->spare_count]);
}

/* A batch could not be written: each record by itself, since a small one may still find room. */
static bool write_singly(struct store *store, struct list *records, struct list *done, bool blocked)
{
    for (struct list *link; (link = list_pop_front(records)) != NULL;) {
        struct store_commit *commit = LIST_ENTRY(link, struct store_commit, link);
        struct list one;
        list_init(&one);
        list_push_back(&one, link);
        commit->error = commit->must_succeed && blocked ? EAGAIN : write_records(store, &one);
        if (commit->must_succeed && commit->error != 0)
            blocked = true;
        list_remove(link);
        list_push_back(done, link);
    }
    return blocked;
}

/* Takes up to BATCH_RECORDS_MAX commits from the front. */
static void take_batch(struct list *from, struct list *batch)
{
    for (unsigned i = 0; i < BATCH_RECORDS_MAX; i++) {
        struct list *link = list_pop_front(from);
        if (link == NULL)
            return;
        list_push_back(batch, link);
    }
}

/* Writes one batch to `done`; returns whether commits that must succeed are blocked from now on. */
static bool write_batch(struct store *store, struct list *batch, struct list *done, bool blocked)
{
    int error = blocked ? EAGAIN : write_records(store, batch);
    set_errors(batch, error);
    if (error != 0) {
        drop_spares(store);
        return write_singly(store, batch, done, blocked);
    }
    for (struct list *link; (link = list_pop_front(batch)) != NULL;)
        list_push_back(done, link);
    return false;
}

static void empty_trash(struct store *store, struct list *trash)
{
    for (struct list *link; (link = list_pop_front(trash)) != NULL;) {
        struct store_segment *segment = LIST_ENTRY(link, struct store_segment, link);
        bool keep = store->sync && store->spare_count < STORE_SPARES_MAX;
        if (keep)
            store->spares[store->spare_count++] = segment->number;
        segment_delete(store->folder_fd, &segment, keep, store->sync);
    }
}

static bool is_awaited(const struct store_commit *commit)
{
    return commit->entry != NULL || (commit->done != NULL && !commit->quiet);
}

/* Whether the loop must hear of a batch now: for the sake of one of its commits, or since the disk
 * takes nothing, or takes records again. */
static bool batch_is_awaited(struct store *store, const struct list *batch)
{
    bool failed = false;
    bool awaited = store->failed;
    LIST_EACH(link, batch)
    {
        const struct store_commit *commit = LIST_ENTRY(link, struct store_commit, link);
        failed = failed || commit->error != 0;
        awaited = awaited || is_awaited(commit);
    }
    store->failed = failed;
    return awaited || failed;
}

/* Hands over what was written, with the lock held; returns whether the loop is to be woken. */
static bool hand_over(struct store *store, struct list *batch)
{
    bool wakes = batch_is_awaited(store, batch);
    for (struct list *link; (link = list_pop_front(batch)) != NULL;) {
        list_push_back(&store->done, link);
        store->untold++;
    }
    wakes = wakes || store->untold >= STORE_QUIET_MAX;
    if (wakes)
        store->untold = 0;
    return wakes;
}

/* One turn of the writer, called with the lock held, which is given up for the time of writing. */
static void writer_turn(struct store *store)
{
    struct list batch;
    struct list done;
    struct list trash;
    list_init(&batch);
    list_init(&done);
    list_init(&trash);
    take_batch(&store->pending, &batch);
    for (struct list *link; (link = list_pop_front(&store->trash)) != NULL;)
        list_push_back(&trash, link);
    bool blocked = store->blocked;
    bool was_empty = list_is_empty(&batch);
    pthread_mutex_unlock(&store->lock);
    if (!was_empty)
        blocked = write_batch(store, &batch, &done, blocked);
    pthread_mutex_lock(&store->lock);
    store->blocked = store->blocked || blocked;
    bool wakes = !was_empty && hand_over(store, &done);
    pthread_mutex_unlock(&store->lock);
    if (wakes && store->threaded)
        eventfd_write(store->done_fd, 1);
    empty_trash(store, &trash);
    pthread_mutex_lock(&store->lock);
}

void *store_writer_main(void *arg)
{
    struct store *store = arg;
    pthread_mutex_lock(&store->lock);
    for (;;) {
        bool idle = list_is_empty(&store->pending) && list_is_empty(&store->trash);
        if (idle && store->stopping)
            break;
        if (idle)
            pthread_cond_wait(&store->work, &store->lock);
        else
            writer_turn(store);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

void store_write_here(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    while (!list_is_empty(&store->pending) || !list_is_empty(&store->trash))
        writer_turn(store);
    pthread_mutex_unlock(&store->lock);
}
