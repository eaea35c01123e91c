#include "mta-under-test/refmta/local/local_delivery.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mta-under-test/refmta/local/local_job.h"
#include "mta-under-test/refmta/recipients/recipient_map.h"

#include "mta-under-test/base/poison.h"

/* One message in the hands of the thread; the destination's `delivery` meanwhile. */
struct task {
    struct list link; /* among those to do, or those done */
    struct local_delivery *local;
    struct queue_destination *destination;
    struct queue_item *item;
    struct local_job job;
};

struct local_delivery {
    struct queue *queue;
    const struct config *config;
    struct event *done_event;
    int done_fd; /* an eventfd: something is in `done` */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list to_do; /* these three under the lock */
    struct list done;
    bool stopping;
    bool closing;
};

static void *work(void *arg)
{
    struct local_delivery *local = arg;
    pthread_mutex_lock(&local->lock);
    for (;;) {
        struct list *link = list_pop_front(&local->to_do);
        if (link == NULL && local->stopping)
            break;
        if (link == NULL) {
            pthread_cond_wait(&local->wake, &local->lock);
            continue;
        }
        pthread_mutex_unlock(&local->lock);
        local_job_run(&LIST_ENTRY(link, struct task, link)->job);
        pthread_mutex_lock(&local->lock);
        list_push_back(&local->done, link);
        eventfd_write(local->done_fd, 1);
    }
    pthread_mutex_unlock(&local->lock);
    return NULL;
}

/* Reads the message and says who gets it. -1: it cannot be read now. */
static int fill(struct task *task)
{
    const struct config *config = task->local->config;
    const struct message *message = task->item->message;
    struct local_job *job = &task->job;
    size_t len = message->entry.content_len;
    *job = (struct local_job){
        .hostname = mem_text_copy(config->hostname),
        .maildirs = config->local.maildirs != NULL ? mem_text_copy(config->local.maildirs) : NULL,
        .lmtp = config->local.lmtp != NULL ? mem_text_copy(config->local.lmtp) : NULL,
        .quota_bytes = config->local.quota_bytes,
        .sender = mem_text_copy(message->sender),
        .content = mem_alloc(len + 1),
        .content_len = len,
        .recipient_count = task->item->recipient_count,
    };
    job->recipients = mem_alloc_array(job->recipient_count, sizeof *job->recipients);
    for (uint32_t i = 0; i < task->item->recipient_count; i++) {
        const char *address = message->recipients[task->item->recipients[i]].address;
        const char *mailbox = recipient_map_mailbox(config->local.map, address);
        job->recipients[i].address = mem_text_copy(address);
        job->recipients[i].mailbox = mailbox != NULL ? mem_text_copy(mailbox) : NULL;
    }
    return queue_read(message, 0, job->content, len) == (ssize_t)len ? 0 : -1;
}

static void settle(struct task *task)
{
    static const enum outcome_kind KINDS[] = {[LOCAL_DELIVERED] = OUTCOME_DELIVERED,
                                              [LOCAL_DEFERRED] = OUTCOME_DEFERRED,
                                              [LOCAL_FAILED] = OUTCOME_FAILED};
    struct queue_outcome *outcomes = mem_alloc_array(task->job.recipient_count, sizeof *outcomes);
    for (size_t i = 0; i < task->job.recipient_count; i++)
        outcomes[i] = (struct queue_outcome){.kind = KINDS[task->job.recipients[i].result],
                                             .is_final = true,
                                             .reason = task->job.recipients[i].reason};
    queue_settle(task->local->queue, task->item, outcomes);
    free(outcomes);
    local_job_deinit(&task->job);
}

/* Gives the next message of the destination to the thread; the task is over when there is none. */
static void next(struct task *task)
{
    struct local_delivery *local = task->local;
    while (!local->closing && (task->item = queue_take(local->queue, task->destination)) != NULL) {
        if (fill(task) == 0) {
            pthread_mutex_lock(&local->lock);
            list_push_back(&local->to_do, &task->link);
            pthread_cond_signal(&local->wake);
            pthread_mutex_unlock(&local->lock);
            return;
        }
        for (size_t i = 0; i < task->job.recipient_count; i++) {
            task->job.recipients[i].result = LOCAL_DEFERRED;
            reason_set(&task->job.recipients[i].reason, "4.3.0", false, "",
                       "the message cannot be read from the spool");
        }
        settle(task);
    }
    task->destination->delivery = NULL;
    queue_destination_unused(local->queue, task->destination);
    free(task);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
    struct local_delivery *local = arg;
    eventfd_t count;
    (void)what;
    (void)eventfd_read(fd, &count);
    for (;;) {
        pthread_mutex_lock(&local->lock);
        struct list *link = list_pop_front(&local->done);
        pthread_mutex_unlock(&local->lock);
        if (link == NULL)
            return;
        struct task *task = LIST_ENTRY(link, struct task, link);
        settle(task);
        next(task);
    }
}

struct local_delivery *local_delivery_open(struct event_base *base, struct err *err)
{
    struct local_delivery *local = mem_alloc(sizeof *local);
    list_init(&local->to_do);
    list_init(&local->done);
    pthread_mutex_init(&local->lock, NULL);
    pthread_cond_init(&local->wake, NULL);
    local->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (local->done_fd < 0 || pthread_create(&local->thread, NULL, work, local) != 0) {
        err_set_errno(err, "cannot start the thread of local delivery");
        if (local->done_fd >= 0)
            close(local->done_fd);
        free(local);
        return NULL;
    }
    local->done_event = event_new(base, local->done_fd, EV_READ | EV_PERSIST, on_done, local);
    event_add(local->done_event, NULL);
    return local;
}

void local_delivery_close(struct local_delivery **where)
{
    struct local_delivery *local = *where;
    *where = NULL;
    if (local == NULL)
        return;
    local->closing = true;
    pthread_mutex_lock(&local->lock);
    local->stopping = true;
    pthread_cond_signal(&local->wake);
    pthread_mutex_unlock(&local->lock);
    pthread_join(local->thread, NULL);
    on_done(local->done_fd, 0, local);
    event_free(local->done_event);
    close(local->done_fd);
    pthread_cond_destroy(&local->wake);
    pthread_mutex_destroy(&local->lock);
    free(local);
}

void local_delivery_set_queue(struct local_delivery *local, struct queue *queue,
                              const struct config *config)
{
    local->queue = queue;
    local->config = config;
}

void local_delivery_ready(struct local_delivery *local, struct queue_destination *destination)
{
    if (destination->delivery != NULL || local->closing)
        return; /* it is at work there, and looks for more when it is done */
    struct task *task = mem_alloc(sizeof *task);
    list_init(&task->link);
    task->local = local;
    task->destination = destination;
    destination->delivery = task;
    next(task);
}
