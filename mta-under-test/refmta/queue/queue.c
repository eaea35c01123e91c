#include "mta-under-test/refmta/queue/queue.h"

#include <assert.h>
#include <errno.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/queue_private.h"

#include "mta-under-test/base/poison.h"

enum { CACHE_BYTES_MAX = 64 << 20 };

/* --- destinations ---------------------------------------------------------------------------- */

static struct queue_destination *destination_of(struct queue *queue, const char *name)
{
    struct queue_destination *destination = map_get_text(&queue->destinations, name);
    if (destination != NULL)
        return destination;
    destination = mem_alloc(sizeof *destination);
    destination->name = mem_text_copy(name);
    list_init(&destination->link);
    map_set_text(&queue->destinations, name, destination);
    return destination;
}

const struct queue_destination *queue_destination_of(const struct message_recipient *recipient)
{
    return recipient->state == RECIPIENT_WAITING ? recipient->destination : NULL;
}

static void destination_free(void *value)
{
    struct queue_destination *destination = value;
    list_remove(&destination->link);
    free(destination->name);
    free(destination);
}

/* A destination that has nothing need not be remembered. */
static void destination_drop_if_idle(struct queue *queue, struct queue_destination *destination)
{
    if (destination->item_count > 0 || destination->delivery != NULL)
        return;
    map_remove(&queue->destinations, slice_of(destination->name));
    destination_free(destination);
}

void queue_destination_unused(struct queue *queue, struct queue_destination *destination)
{
    destination->delivery = NULL;
    destination_drop_if_idle(queue, destination);
}

/* --- items ----------------------------------------------------------------------------------- */

static void wake_delivery(struct queue *queue, struct queue_destination *destination)
{
    if (!list_is_empty(&destination->link))
        return;
    list_push_back(&queue->ready, &destination->link);
    if (queue->waker != NULL)
        event_active(queue->waker, EV_TIMEOUT, 0);
}

void queue_set_timer(struct queue *queue)
{
    int64_t due_us = queue_next_due_us(queue);
    if (queue->timer == NULL || due_us == queue->timer_due_us)
        return;
    queue->timer_due_us = due_us;
    if (due_us == INT64_MAX) {
        event_del(queue->timer);
        return;
    }
    int64_t wait_us = due_us - time_now_us();
    if (wait_us < 0)
        wait_us = 0;
    struct timeval wait = {.tv_sec = (time_t)(wait_us / TIME_SECOND),
                           .tv_usec = (suseconds_t)(wait_us % TIME_SECOND)};
    event_add(queue->timer, &wait);
}

static void make_ready(struct queue *queue, struct queue_item *item)
{
    const struct message *message = item->message;
    item->place = QUEUE_READY;
    fair_list_add(&item->destination->ready, &item->link, slice_of(message->sender),
                  message->priority);
    wake_delivery(queue, item->destination);
}

/* A new item of the message for this destination; the recipients follow. */
static struct queue_item *item_new(struct queue *queue, struct message *message,
                                   struct queue_destination *destination, uint32_t size)
{
    struct queue_item *item = mem_alloc(sizeof *item + size * sizeof item->recipients[0]);
    list_init(&item->link);
    item->message = message;
    item->destination = destination;
    item->destination->item_count++;
    item->order = ++queue->last_order;
    item->rules = queue->rules;
    return item;
}

/* One item for each destination that `found` has for these recipients, which it empties. */
static void add_groups(struct queue *queue, struct message *message, const uint32_t *indexes,
                       struct queue_destination **found, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct queue_destination *destination = found[i];
        if (destination == NULL)
            continue;
        struct queue_item *item = item_new(queue, message, destination, count - i);
        item->due_us = message->recipients[indexes[i]].due_us;
        item->attempts = message->recipients[indexes[i]].attempts;
        for (uint32_t j = i; j < count; j++) {
            if (found[j] != destination)
                continue;
            item->recipients[item->recipient_count++] = indexes[j];
            message->recipients[indexes[j]].destination = destination;
            found[j] = NULL;
        }
        queue_item_place(queue, item);
    }
}

/* By rules that came after it was placed it may go another way, or several. True: new items have
 * taken its place, and it is gone. */
static bool moves(struct queue *queue, struct queue_item *item)
{
    uint32_t count = item->recipient_count;
    struct queue_destination **found = mem_alloc_array(count, sizeof(struct queue_destination *));
    uint32_t *indexes = mem_alloc_array(count, sizeof *indexes);
    char name[QUEUE_WAY_BYTES];
    struct queue_way way;
    uint32_t moved = 0;
    item->rules = queue->rules;
    item->recipient_count = 0;
    queue_way_open(&way, queue, item->message);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = item->recipients[i];
        struct queue_destination *to = destination_of(queue, queue_way_of(&way, index, name));
        if (to == item->destination) {
            item->recipients[item->recipient_count++] = index;
        } else {
            indexes[moved] = index;
            found[moved++] = to;
        }
    }
    queue_way_close(&way);
    add_groups(queue, item->message, indexes, found, moved);
    free(found);
    free(indexes);
    if (item->recipient_count > 0)
        return false;
    item->place = QUEUE_TAKEN;
    queue_item_free(queue, item);
    return true;
}

void queue_item_place(struct queue *queue, struct queue_item *item)
{
    queue_clock_follow(queue);
    if (item->rules != queue->rules && moves(queue, item))
        return;
    if (item->due_us == MESSAGE_HELD_US) {
        item->place = QUEUE_HELD;
        list_push_back(&queue->held, &item->link);
        queue->held_count++;
        return;
    }
    if (item->destination->blocked_until_us > item->due_us)
        item->due_us = item->destination->blocked_until_us;
    if (item->due_us <= time_now_us()) {
        make_ready(queue, item);
        return;
    }
    item->place = QUEUE_WAITING;
    due_heap_add(&queue->waiting, item);
    queue_set_timer(queue);
}

void queue_item_free(struct queue *queue, struct queue_item *item)
{
    struct queue_destination *destination = item->destination;
    assert(item->place == QUEUE_TAKEN);
    destination->item_count--;
    free(item);
    destination_drop_if_idle(queue, destination);
}

/* For all recipients that wait. */
static void add_items(struct queue *queue, struct message *message)
{
    uint32_t count = message->recipient_count;
    struct queue_destination **found = mem_alloc_array(count, sizeof(struct queue_destination *));
    uint32_t *indexes = mem_alloc_array(count, sizeof *indexes);
    char name[QUEUE_WAY_BYTES];
    struct queue_way way;
    queue_way_open(&way, queue, message);
    for (uint32_t i = 0; i < count; i++) {
        indexes[i] = i;
        if (message->recipients[i].state == RECIPIENT_WAITING)
            found[i] = destination_of(queue, queue_way_of(&way, i, name));
    }
    queue_way_close(&way);
    add_groups(queue, message, indexes, found, count);
    free(found);
    free(indexes);
}

static struct slice id_key(const uint64_t *id)
{
    return slice_from((const char *)id, sizeof *id);
}

void queue_add_message(struct queue *queue, struct message *message)
{
    map_set(&queue->messages, id_key(&message->id), message);
    add_items(queue, message);
}

struct queue_item *queue_take(struct queue *queue, struct queue_destination *destination)
{
    queue_clock_follow(queue);
    if (destination->blocked_until_us > time_now_us())
        return NULL;
    struct list *link = fair_list_take(&destination->ready);
    if (link == NULL)
        return NULL;
    struct queue_item *item = LIST_ENTRY(link, struct queue_item, link);
    item->place = QUEUE_TAKEN;
    return item;
}

void queue_put_back(struct queue *queue, struct queue_item *item)
{
    assert(item->place == QUEUE_TAKEN);
    int64_t now_us = time_now_us();
    if (item->due_us > now_us)
        item->due_us = now_us; /* the clock was set back since it was taken */
    queue_item_place(queue, item);
}

int64_t queue_next_due_us(const struct queue *queue)
{
    const struct queue_item *first = due_heap_first(&queue->waiting);
    return first != NULL ? first->due_us : INT64_MAX;
}

static void run_due(struct queue *queue)
{
    queue_clock_follow(queue);
    int64_t now_us = time_now_us();
    for (struct queue_item *item;
         (item = due_heap_first(&queue->waiting)) != NULL && item->due_us <= now_us;) {
        due_heap_remove(&queue->waiting, item);
        queue_item_place(queue, item);
    }
    queue->timer_due_us = INT64_MAX;
    queue_set_timer(queue);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    run_due(arg);
}

static void on_waker(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct queue *queue = arg;
    struct list now;
    list_init(&now);
    for (struct list *link; (link = list_pop_front(&queue->ready)) != NULL;)
        list_push_back(&now, link);
    for (struct list *link; (link = list_pop_front(&now)) != NULL;)
        queue->on_ready(queue->arg, LIST_ENTRY(link, struct queue_destination, link));
}

void queue_run(struct queue *queue)
{
    store_flush(queue->store);
    run_due(queue);
    on_waker(-1, 0, queue);
}

/* --- messages -------------------------------------------------------------------------------- */

uint64_t queue_new_id(struct queue *queue)
{
    uint64_t now = (uint64_t)time_now_us();
    queue->last_id = now > queue->last_id ? now : queue->last_id + 1;
    return queue->last_id;
}

void queue_cache_keep(struct queue *queue, struct message *message, char *content)
{
    message->cached = content;
    queue->cached_bytes += message->entry.content_len;
    if (queue->cached_bytes > CACHE_BYTES_MAX)
        queue_cache_drop(queue, message);
}

void queue_cache_drop(struct queue *queue, struct message *message)
{
    if (message->cached == NULL)
        return;
    queue->cached_bytes -= message->entry.content_len;
    free(message->cached);
    message->cached = NULL;
}

ssize_t queue_read(const struct message *message, uint64_t offset, char *data, size_t len)
{
    if (message->cached == NULL)
        return store_read(&message->entry, offset, data, len);
    if (offset >= message->entry.content_len)
        return 0;
    if (len > message->entry.content_len - offset)
        len = (size_t)(message->entry.content_len - offset);
    memcpy(data, message->cached + offset, len);
    return (ssize_t)len;
}

struct acceptance {
    struct queue *queue;
    struct message *message;
    char *content;
    int64_t since_us; /* monotonic */
    void (*done)(void *arg, int error);
    void *arg;
};

static void on_accepted(void *arg, int error)
{
    struct acceptance *acceptance = arg;
    struct message *message = acceptance->message;
    if (error == 0)
        queue_tell_accepted(acceptance->queue, message);
    acceptance->done(acceptance->arg, error);
    histogram_add(&acceptance->queue->accept_time, time_monotonic_us() - acceptance->since_us);
    if (error == 0) {
        acceptance->queue->received_bytes += message->entry.content_len;
        queue_cache_keep(acceptance->queue, message, acceptance->content);
        queue_add_message(acceptance->queue, message);
        queue_tidy(acceptance->queue);
    } else {
        free(acceptance->content);
        message_free(&message);
    }
    free(acceptance);
}

static void hold(struct message *message)
{
    for (uint32_t i = 0; i < message->recipient_count; i++)
        message->recipients[i].due_us = MESSAGE_HELD_US;
}

void queue_accept(struct queue *queue, uint64_t id, const struct envelope *envelope,
                  struct buf *content, void (*done)(void *arg, int error), void *arg)
{
    struct acceptance *acceptance = mem_alloc(sizeof *acceptance);
    struct store_commit *commit = store_commit_new();
    size_t len = content->len;
    *acceptance = (struct acceptance){
        .queue = queue,
        .message = message_new(envelope, id, time_now_us()),
        .content = buf_take(content),
        .since_us = time_monotonic_us(),
        .done = done,
        .arg = arg,
    };
    if (queue->must_hold != NULL && queue->must_hold(queue->arg, acceptance->message))
        hold(acceptance->message);
    record_add(&commit->meta, acceptance->message);
    commit->content = slice_from(acceptance->content, len);
    commit->entry = &acceptance->message->entry;
    commit->done = on_accepted;
    commit->arg = acceptance;
    store_submit(queue->store, commit);
}

void queue_log(struct log_line *line, struct queue *queue, const char *event, uint64_t id)
{
    char text[MESSAGE_ID_TEXT_BYTES];
    log_begin(line, queue->log, event);
    json_out_text(&line->json, "queue-id", message_id_text(id, text));
}

void queue_each(struct queue *queue, void (*visit)(void *arg, const struct message *message),
                void *arg)
{
    for (struct map_entry *at = map_first(&queue->messages); at != NULL; at = map_next(at))
        visit(arg, map_value(at));
}

const struct message *queue_find(struct queue *queue, uint64_t id)
{
    return map_get(&queue->messages, id_key(&id));
}

void queue_each_destination(const struct queue *queue,
                            void (*visit)(void *arg, const struct queue_destination *destination),
                            void *arg)
{
    for (struct map_entry *at = map_first(&queue->destinations); at != NULL; at = map_next(at))
        visit(arg, map_value(at));
}

size_t queue_message_count(const struct queue *queue)
{
    return queue->messages.count;
}

/* --- life ------------------------------------------------------------------------------------ */

/* Takes one change of the log: see store_recover(). */
static void recover_item(void *arg, struct record_item *found)
{
    struct queue *queue = arg;
    struct message *message = map_get(&queue->messages, id_key(&found->id));
    if (found->id > queue->last_id)
        queue->last_id = found->id;
    switch (found->change) {
    case RECORD_ADD:
        map_set(&queue->messages, id_key(&found->id), found->message);
        if (message == NULL)
            return;
        break; /* the older one was moved */
    case RECORD_REMOVE:
        map_remove(&queue->messages, id_key(&found->id));
        break;
    case RECORD_UPDATE:
        if (message != NULL && found->index < message->recipient_count)
            record_apply(message, found);
        return;
    case RECORD_WARNED:
        if (message != NULL)
            message->warned = true;
        return;
    case RECORD_NONE:
        return;
    }
    if (message != NULL) {
        store_release(queue->store, &message->entry);
        message_free(&message);
    }
}

void queue_start(struct queue *queue)
{
    queue_clock_resume(queue);
    for (struct map_entry *at = map_first(&queue->messages); at != NULL; at = map_next(at))
        add_items(queue, map_value(at));
    queue_tidy(queue);
}

static void log_trouble(void *arg, int error)
{
    const struct queue *queue = arg;
    const char *spool = queue->config->spool;
    if (error == 0)
        log_text(queue->log, "spool-works", "%s takes records again", spool);
    else
        log_text(
            queue->log, "spool-failing",
            "%s: %s. New mail is refused for now, what is in the queue is kept, and all goes on "
            "by itself when %s",
            spool, strerror(error),
            error == ENOSPC || error == EDQUOT ? "there is room again: delete other files, or "
                                                 "give the spool a larger disk"
                                               : "the disk can be written: look at its mount "
                                                 "and at the kernel's log");
}

struct queue *queue_open(const struct queue_options *options, struct err *err)
{
    struct queue *queue = mem_alloc(sizeof *queue);
    struct store_found found;
    queue->config = options->config;
    queue->log = options->log;
    queue->base = options->base;
    queue->suppression = options->suppression;
    queue->on_ready = options->on_ready;
    queue->must_hold = options->must_hold;
    queue->on_event = options->on_event;
    queue->arg = options->arg;
    queue->timer_due_us = INT64_MAX;
    queue->clock_ahead_us = time_now_us() - time_monotonic_us();
    list_init(&queue->ready);
    list_init(&queue->held);
    struct store_options store = {
        .folder = options->config->spool,
        .sync = options->config->durability == CONFIG_DURABILITY_FULL,
        .base = options->base,
        .on_trouble = log_trouble,
        .arg = queue,
    };
    queue->store = store_open(&store, err);
    if (queue->store == NULL ||
        store_recover(queue->store, recover_item, queue, &found, err) != 0) {
        queue_close(&queue);
        return NULL;
    }
    if (queue->base != NULL) {
        queue->timer = event_new(queue->base, -1, 0, on_timer, queue);
        queue->waker = event_new(queue->base, -1, 0, on_waker, queue);
    }
    struct log_line line;
    log_begin(&line, queue->log, "spool-read");
    json_out_int(&line.json, "messages", (int64_t)queue->messages.count);
    json_out_int(&line.json, "records", (int64_t)found.records);
    json_out_int(&line.json, "damaged-bytes", (int64_t)found.damaged_bytes);
    if (found.damaged_bytes > 0)
        json_out_text(
            &line.json, "text",
            "bytes that are no record were passed over, all others were read: normal after "
            "a crash, else a reason to check the disk");
    log_end(&line);
    return queue;
}

void queue_set_config(struct queue *queue, const struct config *config)
{
    struct list ready;
    list_init(&ready);
    queue->config = config;
    queue->rules++;
    for (struct map_entry *at = map_first(&queue->destinations); at != NULL; at = map_next(at)) {
        struct queue_destination *destination = map_value(at);
        for (struct list *link; (link = fair_list_take(&destination->ready)) != NULL;)
            list_push_back(&ready, link);
    }
    for (struct list *link; (link = list_pop_front(&ready)) != NULL;)
        queue_item_place(queue, LIST_ENTRY(link, struct queue_item, link));
}

static void free_item(struct queue_item *item)
{
    list_remove(&item->link);
    free(item);
}

void queue_close(struct queue **where)
{
    struct queue *queue = *where;
    *where = NULL;
    if (queue == NULL)
        return;
    if (queue->store != NULL)
        store_flush(queue->store);
    for (struct queue_item *item; (item = due_heap_first(&queue->waiting)) != NULL;) {
        due_heap_remove(&queue->waiting, item);
        free_item(item);
    }
    for (struct map_entry *at = map_first(&queue->destinations); at != NULL; at = map_next(at)) {
        struct queue_destination *destination = map_value(at);
        for (struct list *link; (link = fair_list_take(&destination->ready)) != NULL;)
            free_item(LIST_ENTRY(link, struct queue_item, link));
    }
    LIST_EACH(link, &queue->held)
    free_item(LIST_ENTRY(link, struct queue_item, link));
    map_deinit(&queue->destinations, destination_free);
    /* The store first: a message that leaves the memory now must not look like one that is done. */
    store_close(&queue->store);
    for (struct map_entry *at = map_first(&queue->messages); at != NULL; at = map_next(at)) {
        struct message *message = map_value(at);
        message_free(&message);
    }
    map_deinit(&queue->messages, NULL);
    due_heap_deinit(&queue->waiting);
    report_limit_deinit(&queue->reports);
    if (queue->timer != NULL)
        event_free(queue->timer);
    if (queue->waker != NULL)
        event_free(queue->waker);
    free(queue);
}
