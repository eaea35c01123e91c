#include "mta-under-test/refmta/control/control_command.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/queue_way.h"

#include "mta-under-test/base/poison.h"

enum { DESTINATIONS_SHOWN = 20 };

struct work {
    const struct control_scene *scene;
    struct queue *queue;
    const struct config *config;
    struct slice words; /* behind the command */
    struct queue_filter filter;
    struct buf *answer;
    int64_t now_us;
    void (*show)(struct work *work, const struct message *message); /* of what fits */
    size_t message_count;
    size_t waiting; /* recipients, for "stats" */
    size_t held;
    uint64_t bytes;
    int64_t oldest_us;
    const struct queue_destination *largest[DESTINATIONS_SHOWN]; /* by what waits there */
};

/* What the words behind a command are. */
enum words {
    WORDS_FILTER,
    WORDS_FILTER_NEEDED, /* nothing is done to the whole queue by mistake */
    WORDS_OWN,
};

struct command {
    const char *name;
    bool (*run)(struct work *work);
    enum words words;
};

static const char *const STATES[] = {[RECIPIENT_WAITING] = "waiting",
                                     [RECIPIENT_DELIVERED] = "delivered",
                                     [RECIPIENT_FAILED] = "failed"};

static int64_t next_due_us(const struct message_recipient *recipient)
{
    const struct queue_destination *destination = queue_destination_of(recipient);
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

/* Calls work->show() for each message of which a recipient fits. */
static void show_if_fits(void *arg, const struct message *message)
{
    struct work *work = arg;
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        if (queue_filter_fits(&work->filter, message, &message->recipients[i], work->now_us)) {
            work->message_count++;
            work->show(work, message);
            return;
        }
    }
}

static bool show_all(struct work *work,
                     void (*show)(struct work *work, const struct message *message))
{
    const struct message *message = NULL;
    work->show = show;
    if (!work->filter.has_id)
        queue_each(work->queue, show_if_fits, work);
    else if ((message = queue_find(work->queue, work->filter.id)) != NULL)
        show_if_fits(work, message);
    if (work->message_count > 0 || !work->filter.has_id)
        return true;
    buf_format(work->answer, "there is no message \"%.*s\"\n", SLICE_ARG(work->filter.words));
    return false;
}

static void list_one(struct work *work, const struct message *message)
{
    struct json_out json;
    char text[TIME_TEXT_BYTES];
    int64_t due_us = INT64_MAX;
    int64_t held = 0;
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct message_recipient *recipient = &message->recipients[i];
        held += message_is_held(recipient) ? 1 : 0;
        if (recipient->state == RECIPIENT_WAITING && next_due_us(recipient) < due_us)
            due_us = next_due_us(recipient);
    }
    json_out_init(&json, work->answer);
    begin_message(&json, message);
    json_out_int(&json, "recipients", message->recipient_count);
    json_out_int(&json, "waiting", message->open_count);
    if (held > 0)
        json_out_int(&json, "held", held);
    if (due_us != INT64_MAX)
        json_out_text(&json, "next-attempt", time_to_rfc3339(due_us, text));
    json_out_end(&json);
    buf_add_char(work->answer, '\n');
}

static bool run_list(struct work *work)
{
    return show_all(work, list_one);
}

static void show_one(struct work *work, const struct message *message)
{
    struct json_out json;
    char text[TIME_TEXT_BYTES];
    json_out_init(&json, work->answer);
    begin_message(&json, message);
    json_out_text(&json, "envelope-id", message->envid);
    json_out_array(&json, "recipients");
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct message_recipient *recipient = &message->recipients[i];
        json_out_object(&json, NULL);
        json_out_text(&json, "address", recipient->address);
        json_out_text(&json, "state",
                      message_is_held(recipient) ? "held" : STATES[recipient->state]);
        json_out_int(&json, "failed-attempts", recipient->attempts);
        json_out_text(&json, "last-status", recipient->status);
        if (recipient->state == RECIPIENT_WAITING && !message_is_held(recipient))
            json_out_text(&json, "next-attempt", time_to_rfc3339(next_due_us(recipient), text));
        json_out_end(&json);
    }
    json_out_end(&json);
    json_out_end(&json);
    buf_add_char(work->answer, '\n');
}

static bool run_show(struct work *work)
{
    return show_all(work, show_one);
}

/* After a reload another way may be the right one, which counts when it is due. */
static void explain_destination(struct work *work, const struct message *message, uint32_t index)
{
    char text[TIME_TEXT_BYTES];
    char name[QUEUE_WAY_BYTES];
    struct queue_way way;
    const struct queue_destination *destination = queue_destination_of(&message->recipients[index]);
    if (destination == NULL)
        return;
    if (destination->failures > 0)
        buf_format(work->answer,
                   "  the destination %s has failed %u times in a row, and is not tried before "
                   "%s\n",
                   destination->name, destination->failures,
                   time_to_rfc3339(destination->blocked_until_us, text));
    queue_way_open(&way, work->queue, message);
    if (strcmp(queue_way_of(&way, index, name), destination->name) != 0)
        buf_format(work->answer,
                   "  it waits with the destination %s, and goes to %s when it is due, by rules "
                   "that are newer\n",
                   destination->name, name);
    queue_way_close(&way);
}

static void explain_waiting(struct work *work, const struct message *message,
                            const struct message_recipient *recipient)
{
    char text[TIME_TEXT_BYTES];
    struct reason reason;
    int64_t due_us = next_due_us(recipient);
    if (recipient->attempts > 0 && recipient->status != NULL) {
        reason_from_text(slice_of(recipient->status), &reason);
        buf_format(work->answer, "  attempt %u failed: ", recipient->attempts);
        reason_to_sentence(&reason, work->answer);
        buf_add_char(work->answer, '\n');
    }
    if (message_is_held(recipient)) {
        char id[MESSAGE_ID_TEXT_BYTES];
        buf_format(work->answer, "  held: it is not tried before \"release %s\"\n",
                   message_id_text(message->id, id));
        return;
    }
    if (due_us <= work->now_us) {
        buf_add_text(work->answer, "  it is being tried, or next in line\n");
    } else {
        buf_format(work->answer, "  next attempt at %s", time_to_rfc3339(due_us, text));
        if (recipient->attempts > 0 && due_us == recipient->due_us)
            buf_format(work->answer, ": wait %u of the schedule \"%s\"", recipient->attempts,
                       work->config->retry_text);
        buf_add_char(work->answer, '\n');
    }
    explain_destination(work, message, (uint32_t)(recipient - message->recipients));
    buf_format(work->answer, "  it is given up at %s\n",
               time_to_rfc3339(message_give_up_at(message, work->config->give_up_us), text));
}

static void explain_one(struct work *work, const struct message *message)
{
    char text[TIME_TEXT_BYTES];
    char id[MESSAGE_ID_TEXT_BYTES];
    buf_format(work->answer, "message %s from <%s>, received %s\n",
               message_id_text(message->id, id), message->sender,
               time_to_rfc3339(message->received_us, text));
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct message_recipient *recipient = &message->recipients[i];
        if (!queue_filter_fits(&work->filter, message, recipient, work->now_us))
            continue;
        buf_format(work->answer, "<%s> is %s\n", recipient->address, STATES[recipient->state]);
        if (recipient->state == RECIPIENT_WAITING)
            explain_waiting(work, message, recipient);
    }
}

static bool run_explain(struct work *work)
{
    return show_all(work, explain_one);
}

static bool operate(struct work *work, enum queue_action action, const char *done)
{
    size_t count = queue_operate(work->queue, action, &work->filter);
    buf_format(work->answer, "%zu recipients %s\n", count, done);
    return true;
}

static bool run_flush(struct work *work)
{
    return operate(work, QUEUE_FLUSH, "are tried now");
}

static bool run_hold(struct work *work)
{
    return operate(work, QUEUE_HOLD, "are held");
}

static bool run_release(struct work *work)
{
    return operate(work, QUEUE_RELEASE, "are released");
}

static bool run_delete(struct work *work)
{
    return operate(work, QUEUE_DELETE, "are deleted");
}

static bool run_bounce(struct work *work)
{
    return operate(work, QUEUE_BOUNCE, "are returned to their senders");
}

static void count_one(struct work *work, const struct message *message)
{
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct message_recipient *recipient = &message->recipients[i];
        if (recipient->state != RECIPIENT_WAITING ||
            !queue_filter_fits(&work->filter, message, recipient, work->now_us))
            continue;
        work->waiting++;
        work->held += message_is_held(recipient) ? 1 : 0;
    }
    work->bytes += message->entry.content_len;
    if (message->received_us < work->oldest_us)
        work->oldest_us = message->received_us;
}

/* Keeps the destinations with the most that waits, the largest first. */
static void rank_destination(void *arg, const struct queue_destination *destination)
{
    struct work *work = arg;
    for (size_t i = 0; i < DESTINATIONS_SHOWN && destination != NULL; i++) {
        const struct queue_destination *other = work->largest[i];
        if (other != NULL && other->item_count >= destination->item_count)
            continue;
        work->largest[i] = destination;
        destination = other;
    }
}

static void write_destinations(struct work *work, struct json_out *json)
{
    char text[TIME_TEXT_BYTES];
    queue_each_destination(work->queue, rank_destination, work);
    json_out_array(json, "largest-destinations");
    for (size_t i = 0; i < DESTINATIONS_SHOWN && work->largest[i] != NULL; i++) {
        const struct queue_destination *destination = work->largest[i];
        json_out_object(json, NULL);
        json_out_text(json, "destination", destination->name);
        json_out_int(json, "deliveries", (int64_t)destination->item_count);
        json_out_int(json, "ready", (int64_t)destination->ready.count);
        if (destination->failures > 0) {
            json_out_int(json, "failures-in-a-row", destination->failures);
            json_out_text(json, "not-before", time_to_rfc3339(destination->blocked_until_us, text));
        }
        json_out_end(json);
    }
    json_out_end(json);
}

static bool run_stats(struct work *work)
{
    struct json_out json;
    char text[TIME_TEXT_BYTES];
    int64_t due_us = queue_next_due_us(work->queue);
    if (!show_all(work, count_one))
        return false;
    json_out_init(&json, work->answer);
    json_out_object(&json, NULL);
    json_out_int(&json, "messages", (int64_t)work->message_count);
    json_out_int(&json, "recipients-waiting", (int64_t)work->waiting);
    json_out_int(&json, "recipients-held", (int64_t)work->held);
    json_out_int(&json, "bytes", (int64_t)work->bytes);
    json_out_text(&json, "oldest",
                  work->message_count > 0 ? time_to_rfc3339(work->oldest_us, text) : NULL);
    json_out_text(&json, "next-attempt",
                  due_us != INT64_MAX ? time_to_rfc3339(due_us, text) : NULL);
    write_destinations(work, &json);
    json_out_end(&json);
    buf_add_char(work->answer, '\n');
    return true;
}

static bool run_reload(struct work *work)
{
    struct err err = {.text = ""};
    bool good = work->scene->reload(work->scene->arg, &err) == 0;
    buf_format(work->answer, "%s\n", good ? "the configuration was read anew" : err.text);
    return good;
}

static bool run_trace(struct work *work)
{
    struct err err;
    struct trace trace;
    if (trace_from_text(work->words, &trace, &err) != 0) {
        buf_format(work->answer, "%s\n", err.text);
        return false;
    }
    *work->scene->trace = trace;
    buf_add_text(work->answer, trace.until_us > 0 ? "new sessions are traced in the log\n"
                                                  : "no new session is traced\n");
    return true;
}

static const struct command COMMANDS[] = {
    {"list", run_list, WORDS_FILTER},
    {"show", run_show, WORDS_FILTER_NEEDED},
    {"explain", run_explain, WORDS_FILTER_NEEDED},
    {"flush", run_flush, WORDS_FILTER},
    {"hold", run_hold, WORDS_FILTER_NEEDED},
    {"release", run_release, WORDS_FILTER_NEEDED},
    {"delete", run_delete, WORDS_FILTER_NEEDED},
    {"bounce", run_bounce, WORDS_FILTER_NEEDED},
    {"stats", run_stats, WORDS_FILTER},
    {"reload", run_reload, WORDS_OWN},
    {"trace", run_trace, WORDS_OWN},
};

static bool unknown_command(struct slice name, struct buf *answer)
{
    buf_format(answer, "unknown command \"%.*s\"; there are", SLICE_ARG(name));
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++)
        buf_format(answer, " %s", COMMANDS[i].name);
    buf_add_char(answer, '\n');
    return false;
}

/* False, with a text in the answer, if the words are not what the command wants. */
static bool read_filter(struct work *work, const struct command *command)
{
    struct err err;
    if (command->words == WORDS_OWN)
        return true;
    if (queue_filter_from_text(work->words, &work->filter, &err) != 0) {
        buf_format(work->answer, "%s\n", err.text);
        return false;
    }
    if (command->words == WORDS_FILTER || queue_filter_is_meant(&work->filter))
        return true;
    buf_format(work->answer, "%s what? A queue id, a filter like domain=x.test, or \"all\"\n",
               command->name);
    return false;
}

bool control_command_run(const struct control_scene *scene, struct slice line, struct buf *answer)
{
    struct work work = {.scene = scene,
                        .queue = scene->queue,
                        .config = scene->config,
                        .answer = answer,
                        .now_us = time_now_us(),
                        .oldest_us = INT64_MAX};
    struct slice rest = slice_trim(line);
    struct slice name = SLICE("");
    if (rest.len > 0 && !slice_split(&rest, ' ', &name))
        name = rest;
    work.words = slice_trim(rest);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++)
        if (slice_is(name, COMMANDS[i].name))
            return read_filter(&work, &COMMANDS[i]) && COMMANDS[i].run(&work);
    return unknown_command(name, answer);
}
