/*
 * What the operator does with the queue of the server under test. Mail is chosen by what the
 * scenario knows of it; the server's own command gets the name by which the server knows it. Each
 * command that was said is an event "mta order".
 */
#include "sim/inside/inside_state.h"

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

enum { QUEUE_LISTING_BYTES_MAX = 64 * 1024 * 1024, QUEUE_SAID_BYTES_MAX = 4000 };

static enum mta_operation inside_operation(enum scenario_action action)
{
    return (enum mta_operation)(action - SCENARIO_QUEUE_HOLD);
}

/* What a command has said into the file, for people. */
static void inside_add_said(struct json_out *event, const char *path)
{
    struct buf text;
    struct err ignored = {0};
    buf_init(&text, QUEUE_LISTING_BYTES_MAX);
    if (file_read(path, &text, &ignored) != 0)
        buf_reset(&text);
    json_out_text(event, "file", file_name(path));
    json_out_slice(event, "text", slice_first(slice_trim(buf_slice(&text)), QUEUE_SAID_BYTES_MAX));
    buf_deinit(&text);
}

/* `entry` NULL: the command was for all mail, or none was chosen. `said`: file with what it said,
 * NULL = nothing that matters. */
static void inside_log_order(struct inside *inside, enum mta_operation operation, bool all,
                             const struct queue_entry *entry, int status, const char *said)
{
    struct json_out *event = event_begin(inside->log, "mta", "order", NULL);
    json_out_text(event, "name", inside->adapter->name);
    json_out_text(event, "what", MTA_OPERATION_WORDS[operation]);
    json_out_bool(event, "all", all);
    json_out_text(event, "message", entry != NULL ? entry->message : "");
    json_out_array(event, "to");
    for (size_t i = 0; entry != NULL && i < entry->to_count; i++) {
        if (settle_is_open(&inside->settle, entry->message, entry->to[i]))
            json_out_text(event, NULL, entry->to[i]);
    }
    json_out_end(event);
    json_out_int(event, "status", status);
    if (said != NULL)
        inside_add_said(event, said);
    event_end(inside->log);
}

/* Which of the mail that waits a listing names, by the server's own names for it. */
static void inside_log_listing(struct inside *inside, const char *path, int status)
{
    struct buf text;
    struct err ignored = {0};
    int64_t lines = 0;
    buf_init(&text, QUEUE_LISTING_BYTES_MAX);
    if (file_read(path, &text, &ignored) != 0)
        buf_reset(&text);
    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    struct json_out *event = event_begin(inside->log, "mta", "queue", NULL);
    json_out_text(event, "name", inside->adapter->name);
    json_out_int(event, "status", status);
    json_out_int(event, "lines", lines);
    json_out_text(event, "file", file_name(path));
    json_out_array(event, "messages");
    for (size_t i = 0; i < inside->book.count; i++) {
        const struct queue_entry *entry = inside->book.entries[i];
        if (entry->queue_id != NULL &&
            slice_find_slice(buf_slice(&text), slice_of(entry->queue_id)) != SIZE_MAX)
            json_out_text(event, NULL, entry->message);
    }
    json_out_end(event);
    event_end(inside->log);
    buf_deinit(&text);
}

static void inside_on_order(void *context, const struct mta_order *order, int status)
{
    struct inside *inside = context;
    if (order->operation == MTA_LIST)
        inside_log_listing(inside, order->output, status);
    else
        inside_log_order(inside, order->operation, order->queue_id == NULL, order->subject, status,
                         order->output);
    inside_look(inside);
}

void inside_open_queue(struct inside *inside)
{
    const struct scenario *scenario = inside->scenario;
    const struct mta_operator_options options = {
        .base = inside->base,
        .setup = {.adapter = inside->adapter,
                  .settings = scenario->mta,
                  .programs = inside->options->programs},
        .network_fd = inside->server_network,
        .output = inside->server_log,
        .done = inside_on_order,
        .context = inside,
    };
    if (scenario->mta->operations == 0)
        return;
    queue_book_init(&inside->book, inside->adapter->queue_id);
    event_log_listen(inside->log, queue_book_on_event, &inside->book);
    inside->mta_operator = mta_operator_new(&options);
}

void inside_close_queue(struct inside *inside)
{
    mta_operator_free(&inside->mta_operator);
    queue_book_deinit(&inside->book);
}

/* What it says is kept in a file of its own where that is the point of it. */
static int inside_say_order(struct inside *inside, struct mta_order order, struct err *err)
{
    bool is_kept = order.operation == MTA_EXPLAIN || order.operation == MTA_LIST;
    char *path =
        is_kept ? mem_text_format("%s/queue-%zu.txt", inside->evidence, ++inside->listing_count)
                : NULL;
    order.output = path;
    int result = mta_operator_say(inside->mta_operator, &order, err);
    free(path);
    return result;
}

static int inside_order_one(struct inside *inside, enum mta_operation operation,
                            struct queue_entry *entry, struct err *err)
{
    const struct mta_order order = {
        .operation = operation, .queue_id = entry->queue_id, .subject = entry};
    if (entry->queue_id == NULL)
        return err_set(
            err,
            "the reply of %s to message %s does not fit the \"queue-id\" of its adapter, "
            "so that no command can name the message",
            inside->adapter->name, entry->message);
    return inside_say_order(inside, order, err);
}

int inside_act_queue(struct inside *inside, const struct scenario_event *entry, bool over,
                     struct err *err)
{
    enum mta_operation operation = inside_operation(entry->action);
    const struct mta_order all = {.operation = operation};
    bool chosen = entry->message != NULL || entry->from != NULL || entry->to != NULL;
    bool any = false;
    if (over || inside->mta_operator == NULL)
        return 0;
    if (!chosen && inside->adapter->operations[operation].all.word_count > 0)
        return inside_say_order(inside, all, err);
    for (size_t i = 0; i < inside->book.count; i++) {
        struct queue_entry *one = inside->book.entries[i];
        if (!queue_book_fits(one, &inside->settle, entry))
            continue;
        any = true;
        if (inside_order_one(inside, operation, one, err) != 0)
            return -1;
    }
    if (!any)
        inside_log_order(inside, operation, false, NULL, 0, NULL);
    return 0;
}

int inside_act_queue_list(struct inside *inside, const struct scenario_event *entry, bool over,
                          struct err *err)
{
    (void)entry;
    if (over || inside->mta_operator == NULL)
        return 0;
    return inside_say_order(inside, (struct mta_order){.operation = MTA_LIST}, err);
}
