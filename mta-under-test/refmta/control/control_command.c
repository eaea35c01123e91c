#include "mta-under-test/refmta/control/control_command.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

struct work {
    struct queue *queue;
    const struct config *config;
    struct buf *answer;
    size_t waiting; /* recipients, for "stats" */
    uint64_t bytes;
};

struct command {
    const char *name;
    bool (*run)(struct work *work, struct slice argument);
};

static const char *const STATES[] = {[RECIPIENT_WAITING] = "waiting",
                                     [RECIPIENT_DELIVERED] = "delivered",
                                     [RECIPIENT_FAILED] = "failed"};

static int64_t next_due_us(const struct work *work, const struct message_recipient *recipient)
{
    const struct queue_destination *destination =
        queue_destination_of(work->queue, recipient->address);
    if (destination != NULL && destination->blocked_until_us > recipient->due_us)
        return destination->blocked_until_us;
    return recipient->due_us;
}

static void begin_message(struct json_out *json, const struct message *message)
{
    char text[TIME_TEXT_BYTES];
    char id[MESSAGE_ID_TEXT_BYTES];
    json_out_object(json, NULL);
    json_out_text(json, "queue-id", message_id_text(message->id, id));
    json_out_text(json, "received", time_to_rfc3339(message->received_us, text));
    json_out_text(json, "sender", message->sender);
    json_out_int(json, "bytes", message->entry.content_len);
}

static void list_one(void *arg, const struct message *message)
{
    struct work *work = arg;
    struct json_out json;
    char text[TIME_TEXT_BYTES];
    int64_t due_us = INT64_MAX;
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (message->recipients[i].state == RECIPIENT_WAITING &&
            next_due_us(work, &message->recipients[i]) < due_us)
            due_us = next_due_us(work, &message->recipients[i]);
    json_out_init(&json, work->answer);
    begin_message(&json, message);
    json_out_int(&json, "recipients", message->recipient_count);
    json_out_int(&json, "waiting", message->open_count);
    if (due_us != INT64_MAX)
        json_out_text(&json, "next-attempt", time_to_rfc3339(due_us, text));
    json_out_end(&json);
    buf_add_char(work->answer, '\n');
}

static bool run_list(struct work *work, struct slice argument)
{
    (void)argument;
    queue_each(work->queue, list_one, work);
    return true;
}

static const struct message *find(struct work *work, struct slice argument)
{
    uint64_t id = 0;
    const struct message *message = NULL;
    if (message_id_from_text(argument, &id) == 0)
        message = queue_find(work->queue, id);
    if (message == NULL)
        buf_format(work->answer, "there is no message \"%.*s\" in the queue\n",
                   SLICE_ARG(argument));
    return message;
}

static bool run_show(struct work *work, struct slice argument)
{
    const struct message *message = find(work, argument);
    struct json_out json;
    char text[TIME_TEXT_BYTES];
    if (message == NULL)
        return false;
    json_out_init(&json, work->answer);
    begin_message(&json, message);
    json_out_text(&json, "envelope-id", message->envid);
    json_out_array(&json, "recipients");
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct message_recipient *recipient = &message->recipients[i];
        json_out_object(&json, NULL);
        json_out_text(&json, "address", recipient->address);
        json_out_text(&json, "state", STATES[recipient->state]);
        json_out_int(&json, "failed-attempts", recipient->attempts);
        json_out_text(&json, "last-status", recipient->status);
        if (recipient->state == RECIPIENT_WAITING)
            json_out_text(&json, "next-attempt",
                          time_to_rfc3339(next_due_us(work, recipient), text));
        json_out_end(&json);
    }
    json_out_end(&json);
    json_out_end(&json);
    buf_add_char(work->answer, '\n');
    return true;
}

static void explain_waiting(struct work *work, const struct message *message,
                            const struct message_recipient *recipient)
{
    char text[TIME_TEXT_BYTES];
    struct reason reason;
    int64_t due_us = next_due_us(work, recipient);
    const struct queue_destination *destination =
        queue_destination_of(work->queue, recipient->address);
    if (recipient->attempts > 0 && recipient->status != NULL) {
        reason_from_text(slice_of(recipient->status), &reason);
        buf_format(work->answer, "  attempt %u failed: ", recipient->attempts);
        reason_to_sentence(&reason, work->answer);
        buf_add_char(work->answer, '\n');
    }
    if (due_us <= time_now_us()) {
        buf_add_text(work->answer, "  it is being tried, or next in line\n");
    } else {
        buf_format(work->answer, "  next attempt at %s", time_to_rfc3339(due_us, text));
        if (recipient->attempts > 0 && due_us == recipient->due_us)
            buf_format(work->answer, ": wait %u of the schedule \"%s\"", recipient->attempts,
                       work->config->retry_text);
        buf_add_char(work->answer, '\n');
    }
    if (destination != NULL && destination->failures > 0)
        buf_format(work->answer,
                   "  the destination %s has failed %u times in a row, and is not tried before "
                   "%s\n",
                   destination->name, destination->failures,
                   time_to_rfc3339(destination->blocked_until_us, text));
    buf_format(work->answer, "  it is given up at %s\n",
               time_to_rfc3339(message->received_us + work->config->give_up_us, text));
}

static bool run_explain(struct work *work, struct slice argument)
{
    const struct message *message = find(work, argument);
    char text[TIME_TEXT_BYTES];
    if (message == NULL)
        return false;
    buf_format(work->answer, "message %.*s from <%s>, received %s\n", SLICE_ARG(argument),
               message->sender, time_to_rfc3339(message->received_us, text));
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct message_recipient *recipient = &message->recipients[i];
        buf_format(work->answer, "<%s> is %s\n", recipient->address, STATES[recipient->state]);
        if (recipient->state == RECIPIENT_WAITING)
            explain_waiting(work, message, recipient);
    }
    return true;
}

static bool run_flush(struct work *work, struct slice argument)
{
    char name[256];
    if (argument.len >= sizeof name) {
        buf_add_text(work->answer, "the name is too long\n");
        return false;
    }
    memcpy(name, argument.data, argument.len);
    name[argument.len] = '\0';
    size_t count = queue_flush(work->queue, argument.len > 0 ? name : NULL);
    buf_format(work->answer, "%zu deliveries are tried now\n", count);
    return true;
}

static void count_one(void *arg, const struct message *message)
{
    struct work *work = arg;
    work->waiting += message->open_count;
    work->bytes += message->entry.content_len;
}

static bool run_stats(struct work *work, struct slice argument)
{
    struct json_out json;
    char text[TIME_TEXT_BYTES];
    (void)argument;
    int64_t due_us = queue_next_due_us(work->queue);
    queue_each(work->queue, count_one, work);
    json_out_init(&json, work->answer);
    json_out_object(&json, NULL);
    json_out_int(&json, "messages", (int64_t)queue_message_count(work->queue));
    json_out_int(&json, "recipients-waiting", (int64_t)work->waiting);
    json_out_int(&json, "bytes", (int64_t)work->bytes);
    json_out_text(&json, "next-attempt",
                  due_us != INT64_MAX ? time_to_rfc3339(due_us, text) : NULL);
    json_out_end(&json);
    buf_add_char(work->answer, '\n');
    return true;
}

static const struct command COMMANDS[] = {
    {"list", run_list},   {"show", run_show},   {"explain", run_explain},
    {"flush", run_flush}, {"stats", run_stats},
};

bool control_command_run(struct queue *queue, const struct config *config, struct slice line,
                         struct buf *answer)
{
    struct work work = {.queue = queue, .config = config, .answer = answer};
    struct slice rest = slice_trim(line);
    struct slice name = SLICE("");
    if (rest.len > 0 && !slice_split(&rest, ' ', &name))
        name = rest;
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++)
        if (slice_is(name, COMMANDS[i].name))
            return COMMANDS[i].run(&work, slice_trim(rest));
    buf_format(answer,
               "unknown command \"%.*s\": list, show ID, explain ID, flush [DESTINATION], "
               "stats\n",
               SLICE_ARG(name));
    return false;
}
