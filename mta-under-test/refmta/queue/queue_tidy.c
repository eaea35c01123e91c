#include <errno.h>

#include "mta-under-test/refmta/queue/queue_private.h"

#include "mta-under-test/base/poison.h"

/* One message on its way to the front of the store. */
struct move {
    struct queue *queue;
    char *content;
};

static void on_moved(void *arg, int error)
{
    struct move *move = arg;
    struct queue *queue = move->queue;
    (void)error; /* it must succeed */
    queue->moving = NULL;
    free(move->content);
    free(move);
    queue_tidy(queue);
}

void queue_tidy(struct queue *queue)
{
    struct store_entry *entry = store_oldest_entry(queue->store);
    if (entry == NULL || queue->moving != NULL)
        return;
    struct message *message = LIST_ENTRY(entry, struct message, entry);
    if (message->removed)
        return;
    struct move *move = mem_alloc(sizeof *move);
    move->queue = queue;
    move->content = mem_alloc(entry->content_len);
    if (queue_read(message, 0, move->content, entry->content_len) != (ssize_t)entry->content_len) {
        log_text(queue->log, "spool-unreadable", "the content of message %llx: %s",
                 (unsigned long long)message->id, strerror(errno));
        free(move->content);
        free(move);
        return;
    }
    struct store_commit *commit = store_commit_new();
    record_add(&commit->meta, message);
    commit->content = slice_from(move->content, entry->content_len);
    commit->entry = entry;
    commit->must_succeed = true;
    commit->done = on_moved;
    commit->arg = move;
    queue->moving = message;
    store_submit(queue->store, commit);
}
