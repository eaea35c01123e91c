#include "sim/mta/mta_operator.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/list.h"
#include "sim/mta/mta_child.h"
#include "sim/mta/mta_spawn.h"

#include "mta-under-test/base/poison.h"

enum { MTA_NOT_SAID = 127 };

struct mta_operator_job {
    struct list link;
    struct arena arena;
    struct mta_order order;
    char **words;
};

struct mta_operator {
    struct mta_operator_options options;
    struct list jobs;             /* still to be said */
    struct mta_operator_job *now; /* its command runs */
    struct mta_child child;
    struct event *next; /* says the next one, from the loop */
};

static void mta_operator_free_job(struct mta_operator_job *job)
{
    if (job == NULL)
        return;
    arena_deinit(&job->arena);
    free(job);
}

static void mta_operator_end(struct mta_operator *op, int status)
{
    static const struct timeval AT_ONCE = {0, 0};
    struct mta_operator_job *job = op->now;
    op->now = NULL;
    op->options.done(op->options.context, &job->order, status);
    mta_operator_free_job(job);
    event_add(op->next, &AT_ONCE);
}

static void mta_operator_on_ended(void *context, int status)
{
    mta_operator_end(context, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static int mta_operator_start(struct mta_operator *op, struct err *err)
{
    const struct mta_order *order = &op->now->order;
    const char *path = order->output != NULL ? order->output : op->options.output;
    int how = order->output != NULL ? O_TRUNC : O_APPEND;
    int pid_fd = -1;
    int output = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0644);
    const struct mta_spawn spawn = {
        .argv = op->now->words,
        .network_fd = op->options.network_fd,
        .output_fd = output,
    };
    pid_t pid = mta_spawn_start(&spawn, &pid_fd, err);
    if (output >= 0)
        close(output);
    if (pid < 0)
        return -1;
    mta_child_watch(&op->child, op->options.base, pid, pid_fd);
    return 0;
}

static void mta_operator_on_next(evutil_socket_t fd, short what, void *context)
{
    struct mta_operator *op = context;
    struct err err = {0};
    (void)fd;
    (void)what;
    struct list *link = list_pop_front(&op->jobs);
    mta_child_end(&op->child);
    if (link == NULL)
        return;
    op->now = LIST_ENTRY(link, struct mta_operator_job, link);
    if (mta_operator_start(op, &err) != 0)
        mta_operator_end(op, MTA_NOT_SAID);
}

struct mta_operator *mta_operator_new(const struct mta_operator_options *options)
{
    struct mta_operator *op = mem_alloc(sizeof *op);
    op->options = *options;
    list_init(&op->jobs);
    op->child.ended = mta_operator_on_ended;
    op->child.context = op;
    op->next = evtimer_new(options->base, mta_operator_on_next, op);
    return op;
}

void mta_operator_free(struct mta_operator **op_at)
{
    struct mta_operator *op = *op_at;
    if (op == NULL)
        return;
    *op_at = NULL;
    mta_child_end(&op->child);
    mta_operator_free_job(op->now);
    LIST_EACH(link, &op->jobs)
    {
        list_remove(link);
        mta_operator_free_job(LIST_ENTRY(link, struct mta_operator_job, link));
    }
    event_free(op->next);
    free(op);
}

static const struct mta_command *mta_operator_command(const struct mta_adapter *adapter,
                                                      const struct mta_order *order)
{
    if (order->operation == MTA_LIST)
        return &adapter->queue;
    const struct mta_operation_commands *commands = &adapter->operations[order->operation];
    return order->queue_id == NULL ? &commands->all : &commands->one;
}

int mta_operator_say(struct mta_operator *op, const struct mta_order *order, struct err *err)
{
    static const struct timeval AT_ONCE = {0, 0};
    const struct mta_setup *setup = &op->options.setup;
    struct mta_operator_job *job = mem_alloc(sizeof *job);
    job->order = *order;
    if (order->queue_id != NULL)
        job->order.queue_id = arena_text(&job->arena, order->queue_id);
    if (order->output != NULL)
        job->order.output = arena_text(&job->arena, order->output);
    job->words = mta_queue_words(setup, mta_operator_command(setup->adapter, order),
                                 job->order.queue_id, &job->arena, err);
    if (job->words == NULL) {
        mta_operator_free_job(job);
        return -1;
    }
    list_push_back(&op->jobs, &job->link);
    if (op->now == NULL)
        event_add(op->next, &AT_ONCE);
    return 0;
}

bool mta_operator_is_idle(const struct mta_operator *op)
{
    return op->now == NULL && list_is_empty(&op->jobs);
}
