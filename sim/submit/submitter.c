#include "sim/submit/submitter.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/list.h"
#include "mta-under-test/base/time_text.h"
#include "sim/submit/submit_command.h"
#include "sim/submit/submit_session.h"

#include "mta-under-test/base/poison.h"

enum {
    SUBMIT_SESSIONS_MAX = 4,
    SUBMIT_TRIES_MAX = 20,
    SUBMIT_RETRY_US = 30 * 1000000,
    SUBMIT_KEPT_US = 5 * 1000000, /* a connection waits so long at most for the next message */
    SUBMIT_KEPT_MESSAGES = 10,    /* one that has taken so many does not wait */
};

/* A message that is due and not yet decided on. */
struct submit_job {
    struct list link; /* in `due`, while no session works on it */
    struct arena arena;
    struct submit_message message;
    const struct submit_entry *entry;
    unsigned tries;
    bool logged;
    int64_t bytes; /* of its content, for a command */
};

struct submit_lane {
    struct submitter *submitter;
    struct submit_session *session;
    struct submit_command *command; /* instead of a session */
    struct submit_job *job;
    const struct submit_entry *entry; /* that of its last message, NULL = none yet */
    unsigned message_count;           /* of the session */
    uint16_t port;
    struct address source;
};

/* How far an entry of the scenario has come. */
struct submit_entry {
    const struct scenario_message *message;
    size_t next; /* instance */
    /* Its file, read before anything is sent: to wait for a disk in between would let the other
     * programs of the world run, and two runs differ in the order of what happens. */
    struct buf file;
    bool has_file;
};

struct submitter {
    struct submitter_options options;
    struct submit_entry *entries;
    struct event *due_timer;   /* the next message falls due */
    struct event *retry_timer; /* the server could not be reached */
    struct list due;
    size_t open_count; /* messages that are due and undecided */
    struct submit_lane lanes[SUBMIT_SESSIONS_MAX];
};

static void submitter_work(struct submitter *submitter);

static int64_t submit_entry_due_us(const struct submit_entry *entry)
{
    const struct scenario_message *message = entry->message;
    if (message->rate.count == 0)
        return message->at_us;
    return message->at_us + (int64_t)entry->next * message->rate.window_us / message->rate.count;
}

static void submit_set_timer(struct event *timer, int64_t wait_us)
{
    if (wait_us < 0)
        wait_us = 0;
    const struct timeval wait = {wait_us / TIME_SECOND, wait_us % TIME_SECOND};
    event_add(timer, &wait);
}

static void submitter_add_job(struct submitter *submitter, struct submit_entry *entry)
{
    struct submit_job *job = mem_alloc(sizeof *job);
    job->message = submit_message_at(entry->message, entry->next, &job->arena);
    job->message.file = entry->has_file ? &entry->file : NULL;
    job->entry = entry;
    entry->next++;
    list_push_back(&submitter->due, &job->link);
    submitter->open_count++;
}

/* Moves what has fallen due into the list, and sets the timer for the next one. */
static void submitter_on_due(evutil_socket_t fd, short what, void *context)
{
    struct submitter *submitter = context;
    (void)fd;
    (void)what;
    int64_t now_us = event_log_now_us(submitter->options.log);
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < submitter->options.scenario->message_count; i++) {
        struct submit_entry *entry = &submitter->entries[i];
        while (entry->next < entry->message->instances && submit_entry_due_us(entry) <= now_us)
            submitter_add_job(submitter, entry);
        if (entry->next < entry->message->instances && submit_entry_due_us(entry) < next_us)
            next_us = submit_entry_due_us(entry);
    }
    if (next_us != INT64_MAX)
        submit_set_timer(submitter->due_timer, next_us - now_us);
    submitter_work(submitter);
}

static void submitter_on_retry(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    submitter_work(context);
}

struct submitter *submitter_new(const struct submitter_options *options)
{
    struct submitter *submitter = mem_alloc(sizeof *submitter);
    submitter->options = *options;
    size_t count = options->scenario->message_count;
    submitter->entries = mem_alloc_array(count, sizeof *submitter->entries);
    for (size_t i = 0; i < count; i++) {
        struct submit_entry *entry = &submitter->entries[i];
        entry->message = &options->scenario->messages[i];
        buf_init(&entry->file, SUBMIT_CONTENT_BYTES_MAX);
        /* One that cannot be read is told when its message is due. */
        entry->has_file = entry->message->file != NULL &&
                          file_read(entry->message->file, &entry->file, NULL) == 0;
    }
    list_init(&submitter->due);
    submitter->due_timer = evtimer_new(options->base, submitter_on_due, submitter);
    submitter->retry_timer = evtimer_new(options->base, submitter_on_retry, submitter);
    return submitter;
}

static void submitter_end_job(struct submitter *submitter, struct submit_job *job)
{
    arena_deinit(&job->arena);
    free(job);
    submitter->open_count--;
}

void submitter_free(struct submitter **submitter_at)
{
    struct submitter *submitter = *submitter_at;
    if (submitter == NULL)
        return;
    *submitter_at = NULL;
    for (size_t i = 0; i < SUBMIT_SESSIONS_MAX; i++) {
        submit_session_close(&submitter->lanes[i].session);
        submit_command_free(&submitter->lanes[i].command);
        if (submitter->lanes[i].job != NULL)
            submitter_end_job(submitter, submitter->lanes[i].job);
    }
    LIST_EACH(link, &submitter->due)
    {
        list_remove(link);
        submitter_end_job(submitter, LIST_ENTRY(link, struct submit_job, link));
    }
    for (size_t i = 0; i < submitter->options.scenario->message_count; i++)
        buf_deinit(&submitter->entries[i].file);
    event_free(submitter->due_timer);
    event_free(submitter->retry_timer);
    free(submitter->entries);
    free(submitter);
}

void submitter_start(struct submitter *submitter)
{
    submitter_on_due(-1, 0, submitter);
}

void submitter_cut(struct submitter *submitter)
{
    for (size_t i = 0; i < SUBMIT_SESSIONS_MAX; i++) {
        struct submit_lane *lane = &submitter->lanes[i];
        if (lane->session != NULL)
            submit_session_cut(lane->session, "the network was away");
    }
}

bool submitter_is_done(const struct submitter *submitter)
{
    for (size_t i = 0; i < submitter->options.scenario->message_count; i++) {
        if (submitter->entries[i].next < submitter->entries[i].message->instances)
            return false;
    }
    return submitter->open_count == 0;
}

static uint16_t submitter_port(const struct submitter *submitter, const struct submit_job *job)
{
    return submitter->options.port_override != 0 ? submitter->options.port_override
                                                 : (uint16_t)job->message.entry->port;
}

static void submitter_log_start(struct submitter *submitter, struct submit_job *job, int port)
{
    if (job->logged)
        return;
    job->logged = true;
    struct json_out *event = event_begin(submitter->options.log, "submitter", "submit", NULL);
    json_out_text(event, "message", job->message.id);
    json_out_text(event, "from", job->message.entry->from);
    json_out_array(event, "to");
    for (size_t i = 0; i < job->message.to_count; i++)
        json_out_text(event, NULL, job->message.to[i]);
    json_out_end(event);
    json_out_int(event, "port", port);
    event_end(submitter->options.log);
}

static void submitter_log_refused(struct submitter *submitter, struct submit_job *job,
                                  const char *stage, const char *reason)
{
    struct json_out *event = event_begin(submitter->options.log, "submitter", "refused", NULL);
    json_out_text(event, "message", job->message.id);
    json_out_array(event, "to");
    for (size_t i = 0; i < job->message.to_count; i++)
        json_out_text(event, NULL, job->message.to[i]);
    json_out_end(event);
    json_out_text(event, "stage", stage);
    json_out_int(event, "code", 0);
    json_out_text(event, "text", reason);
    event_end(submitter->options.log);
}

static void submitter_on_done(void *context, struct submit_session *session,
                              enum submit_result result, const char *reason)
{
    struct submit_lane *lane = context;
    struct submitter *submitter = lane->submitter;
    struct submit_job *job = lane->job;
    (void)session;
    lane->job = NULL;
    if (result == SUBMIT_UNREACHABLE && ++job->tries < SUBMIT_TRIES_MAX) {
        list_push_front(&submitter->due, &job->link);
        submit_set_timer(submitter->retry_timer, SUBMIT_RETRY_US);
        return;
    }
    if (result == SUBMIT_UNREACHABLE)
        submitter_log_refused(submitter, job, "connect", reason);
    submitter_end_job(submitter, job);
    /* Not from inside the session's call: the loop comes back to it. */
    event_active(submitter->retry_timer, EV_TIMEOUT, 0);
}

static struct submit_session *submitter_open(struct submit_lane *lane)
{
    const struct submitter_options *options = &lane->submitter->options;
    const struct submit_session_options session = {
        .base = options->base,
        .log = options->log,
        .server = options->server,
        .port = lane->port,
        .source = lane->source,
        .has_source = options->has_source || lane->job->message.entry->has_client,
        .helo = options->helo,
        .login = options->login,
        .done = submitter_on_done,
        .context = lane,
    };
    return submit_session_new(&session);
}

/* ---- by a command */

static void submitter_log_accepted(struct submitter *submitter, const struct submit_job *job)
{
    struct json_out *event = event_begin(submitter->options.log, "submitter", "accepted", NULL);
    json_out_text(event, "message", job->message.id);
    json_out_text(event, "from", job->message.entry->from);
    json_out_array(event, "to");
    for (size_t i = 0; i < job->message.to_count; i++)
        json_out_text(event, NULL, job->message.to[i]);
    json_out_end(event);
    json_out_int(event, "bytes", job->bytes);
    event_end(submitter->options.log);
}

static void submitter_on_command(void *context, int status)
{
    struct submit_lane *lane = context;
    struct submitter *submitter = lane->submitter;
    struct submit_job *job = lane->job;
    lane->job = NULL;
    if (status == 0) {
        submitter_log_accepted(submitter, job);
    } else {
        char reason[64];
        snprintf(reason, sizeof reason, "the command ended with %d", status);
        submitter_log_refused(submitter, job, "command", reason);
    }
    submitter_end_job(submitter, job);
    /* Not from inside the command's call: the loop comes back to it. */
    event_active(submitter->retry_timer, EV_TIMEOUT, 0);
}

static int submitter_run(struct submitter *submitter, struct submit_lane *lane,
                         struct submit_job *job, const struct buf *content, struct err *err)
{
    const struct submitter_options *options = &submitter->options;
    char **words = options->words(options->words_context, &job->message, &job->arena, err);
    if (words == NULL)
        return -1;
    const struct submit_command_options command = {
        .base = options->base,
        .argv = words,
        .network_fd = options->network_fd,
        .output = options->output,
        .done = submitter_on_command,
        .context = lane,
    };
    job->bytes = (int64_t)content->len;
    lane->command = submit_command_start(&command, buf_slice(content), err);
    if (lane->command == NULL)
        return -1;
    lane->job = job;
    return 0;
}

/* ---- one message after the other */

/* Whether the lane's connection, which is idle, is one that this message may go over. */
static bool submit_lane_suits(const struct submit_lane *lane, const struct submit_job *job,
                              uint16_t port, const struct address *source)
{
    size_t most = job->entry->message->per_connection;
    if (most > 0 && lane->message_count >= most)
        return false;
    return lane->port == port && address_equal(&lane->source, source) &&
           !lane->entry->message->own_connection && !job->entry->message->own_connection;
}

/* Whether the lane's connection stays open for the next message, which is not due yet. */
static bool submit_lane_waits(const struct submit_lane *lane)
{
    const struct submit_entry *entry = lane->entry;
    if (lane->session == NULL || entry->message->own_connection ||
        entry->next == entry->message->instances)
        return false;
    size_t most = entry->message->per_connection;
    if (lane->message_count >= (most > 0 ? most : SUBMIT_KEPT_MESSAGES))
        return false;
    int64_t now_us = event_log_now_us(lane->submitter->options.log);
    return submit_entry_due_us(entry) - now_us <= SUBMIT_KEPT_US;
}

static void submitter_dial(struct submitter *submitter, struct submit_lane *lane,
                           struct submit_job *job, struct buf *content)
{
    uint16_t port = submitter_port(submitter, job);
    const struct scenario_message *entry = job->message.entry;
    struct address source = entry->has_client ? entry->client : submitter->options.source;
    if (lane->session != NULL && !submit_lane_suits(lane, job, port, &source))
        submit_session_close(&lane->session);
    lane->port = port;
    lane->source = source;
    lane->job = job;
    lane->entry = job->entry;
    if (lane->session == NULL) {
        lane->session = submitter_open(lane);
        lane->message_count = 0;
    }
    lane->message_count++;
    submit_session_send(lane->session, &job->message, content);
}

/* Builds the message and hands it in. One that cannot be built (its file went away), or whose
 * command cannot be started, counts as refused. */
static void submitter_send(struct submitter *submitter, struct submit_lane *lane,
                           struct submit_job *job)
{
    bool by_command = submitter->options.words != NULL;
    struct buf content;
    struct err err = {0};
    buf_init(&content, SUBMIT_CONTENT_BYTES_MAX);
    lane->submitter = submitter;
    submitter_log_start(submitter, job, by_command ? 0 : submitter_port(submitter, job));
    if (submit_message_build(&job->message, time_now_us(), &content, &err) != 0 ||
        (by_command && submitter_run(submitter, lane, job, &content, &err) != 0)) {
        submitter_log_refused(submitter, job, by_command ? "command" : "connect", err.text);
        submitter_end_job(submitter, job);
    } else if (!by_command) {
        submitter_dial(submitter, lane, job, &content);
    }
    buf_deinit(&content);
}

/* Gives due messages to free lanes; closes the lanes that have nothing to send now or soon. */
static void submitter_work(struct submitter *submitter)
{
    for (size_t i = 0; i < SUBMIT_SESSIONS_MAX; i++) {
        struct submit_lane *lane = &submitter->lanes[i];
        if (lane->job != NULL)
            continue;
        submit_command_free(&lane->command);
        struct list *link = list_pop_front(&submitter->due);
        if (link != NULL)
            submitter_send(submitter, lane, LIST_ENTRY(link, struct submit_job, link));
        else if (!submit_lane_waits(lane))
            submit_session_close(&lane->session);
    }
}
