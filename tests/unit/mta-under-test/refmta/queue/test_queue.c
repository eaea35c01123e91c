#include "mta-under-test/refmta/queue/queue_operate.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/queue_private.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/refmta-queue-XXXXXX";
static struct config config;
static struct queue *queue;
/* The last destinations that became ready. */
static struct queue_destination *ready[8];
static size_t ready_count;

static void on_ready(void *arg, struct queue_destination *destination)
{
    (void)arg;
    if (ready_count < 8)
        ready[ready_count++] = destination;
}

static size_t operate(enum queue_action action, const char *words)
{
    struct queue_filter filter;
    struct err err;
    ck_assert_msg(queue_filter_from_text(slice_of(words), &filter, &err) == 0, "%s", err.text);
    return queue_operate(queue, action, &filter);
}

static void queue_up(void)
{
    struct err err = {.text = ""};
    struct queue_options options = {.config = &config, .on_ready = on_ready};
    queue = queue_open(&options, &err);
    ck_assert_msg(queue != NULL, "%s", err.text);
    ready_count = 0;
    queue_start(queue);
    queue_run(queue);
}

static void start(const char *more)
{
    struct err err = {.text = ""};
    struct buf json;
    memcpy(folder, "/tmp/refmta-queue-XXXXXX", sizeof folder);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    buf_init(&json, 4096);
    buf_format(&json,
               "{\"hostname\": \"mail.s.test\", \"spool\": \"%s\", \"listeners\":"
               "[{\"address\": \"::\", \"port\": 25}]%s}",
               folder, more);
    ck_assert_msg(config_parse(&config, "c", buf_slice(&json), &err) == 0, "%s", err.text);
    buf_deinit(&json);
    queue_up();
}

static void stop(void)
{
    char command[64];
    queue_close(&queue);
    config_deinit(&config);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void on_done(void *arg, int error)
{
    *(int *)arg = error;
}

/* Submits a message for the recipients ("a@x.test b@y.test"); `error` is 0 when it is accepted. */
static void submit(const char *sender, const char *recipients, int *error)
{
    struct envelope envelope;
    struct buf content;
    struct slice rest = slice_of(recipients);
    struct slice recipient;
    *error = -1;
    envelope_init(&envelope);
    envelope_set_sender(&envelope, slice_of(sender));
    while (slice_split(&rest, ' ', &recipient))
        envelope_add_recipient(&envelope, recipient);
    buf_init(&content, 4096);
    buf_add_text(&content, "X-Mailrange-Id: m1\r\nSubject: x\r\n\r\nbody\r\n");
    queue_accept(queue, queue_new_id(queue), &envelope, &content, on_done, error);
    envelope_deinit(&envelope);
    buf_deinit(&content);
}

static void accept_for(const char *sender, const char *recipients)
{
    int error;
    submit(sender, recipients, &error);
    ck_assert_int_eq(error, -1);
    ready_count = 0;
    queue_run(queue);
    ck_assert_int_eq(error, 0);
}

/* Takes the next item of a destination and gives each of its recipients this outcome. */
static void settle(struct queue_destination *destination, enum outcome_kind kind)
{
    struct queue_item *item = queue_take(queue, destination);
    struct queue_outcome outcomes[8];
    ck_assert_ptr_nonnull(item);
    for (uint32_t i = 0; i < item->recipient_count; i++) {
        outcomes[i] = (struct queue_outcome){.kind = kind};
        reason_set(&outcomes[i].reason, kind == OUTCOME_FAILED ? "5.1.1" : "4.7.1", true,
                   "mx.x.test", "%s", kind == OUTCOME_FAILED ? "550 no" : "451 later");
    }
    ready_count = 0;
    queue_settle(queue, item, outcomes);
    queue_run(queue);
}

START_TEST(a_message_is_one_item_for_each_destination)
{
    start("");
    accept_for("a@s.test", "b@x.test c@y.test d@X.Test");
    ck_assert_uint_eq(ready_count, 2);
    ck_assert_str_eq(ready[0]->name, "x.test");
    ck_assert_uint_eq(ready[0]->ready.count, 1);
    struct queue_destination *other = ready[1];
    struct queue_item *item = queue_take(queue, ready[0]);
    ck_assert_uint_eq(item->recipient_count, 2);
    ck_assert_str_eq(item->message->recipients[item->recipients[1]].address, "d@X.Test");
    char text[100];
    ck_assert_int_eq(queue_read(item->message, 0, text, sizeof text), 40);
    ck_assert_ptr_null(queue_take(queue, ready[0]));
    queue_put_back(queue, item);
    settle(ready[0], OUTCOME_DELIVERED);
    ck_assert_uint_eq(queue_message_count(queue), 1);
    settle(other, OUTCOME_DELIVERED);
    ck_assert_uint_eq(queue_message_count(queue), 0);
    ck_assert_int_eq(queue_next_due_us(queue), INT64_MAX);
    stop();
}
END_TEST

START_TEST(what_is_settled_leaves_the_memory)
{
    start("");
    accept_for("a@s.test", "b@x.test");
    ck_assert_uint_eq(queue->cached_bytes, 40);
    settle(ready[0], OUTCOME_DELIVERED);
    ck_assert_uint_eq(queue->cached_bytes, 0);
    accept_for("a@s.test", "b@x.test");
    settle(ready[0], OUTCOME_DEFERRED);
    ck_assert_uint_eq(queue->cached_bytes, 0);
    stop();
}
END_TEST

START_TEST(a_deferred_one_waits_and_survives_a_restart)
{
    start("");
    int64_t before_us = time_now_us();
    accept_for("a@s.test", "b@x.test");
    settle(ready[0], OUTCOME_DEFERRED);
    int64_t due_us = queue_next_due_us(queue);
    ck_assert_int_ge(due_us, before_us + 5 * TIME_MINUTE);
    ck_assert_int_le(due_us, time_now_us() + 5 * TIME_MINUTE);
    ck_assert_uint_eq(ready_count, 0);
    queue_close(&queue);
    queue_up();
    ck_assert_uint_eq(queue_message_count(queue), 1);
    ck_assert_int_eq(queue_next_due_us(queue), due_us);
    ck_assert_uint_eq(operate(QUEUE_FLUSH, "domain=y.test"), 0);
    ck_assert_uint_eq(operate(QUEUE_FLUSH, "domain=x.test"), 1);
    queue_run(queue);
    settle(ready[0], OUTCOME_DEFERRED);
    due_us = queue_next_due_us(queue);
    ck_assert_int_ge(due_us, before_us + 10 * TIME_MINUTE);
    stop();
}
END_TEST

/* The only message that is ready, read whole. */
static void read_only(char *text, size_t size)
{
    ck_assert_uint_eq(ready_count, 1);
    struct queue_item *item = queue_take(queue, ready[0]);
    ck_assert_ptr_nonnull(item);
    ck_assert_str_eq(item->message->sender, "");
    ssize_t got = queue_read(item->message, 0, text, size - 1);
    ck_assert_int_gt(got, 0);
    text[got] = '\0';
    queue_put_back(queue, item);
    queue_run(queue);
}

START_TEST(a_failure_goes_back_to_the_sender_once)
{
    char text[8192];
    start("");
    accept_for("a@s.test", "b@x.test c@x.test");
    settle(ready[0], OUTCOME_FAILED);
    ck_assert_uint_eq(queue_message_count(queue), 1);
    ck_assert_str_eq(ready[0]->name, "s.test");
    read_only(text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "Final-Recipient: rfc822; b@x.test\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "Final-Recipient: rfc822; c@x.test\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "Diagnostic-Code: smtp; 550 no\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "X-Mailrange-Id: m1\r\n"));
    /* It is durable like any other message. */
    queue_close(&queue);
    queue_up();
    ck_assert_uint_eq(queue_message_count(queue), 1);
    /* And no bounce comes of it. */
    settle(ready[0], OUTCOME_FAILED);
    ck_assert_uint_eq(queue_message_count(queue), 0);
    stop();
}
END_TEST

START_TEST(what_waits_too_long_is_given_up)
{
    char text[8192];
    start(", \"give-up\": \"0\"");
    accept_for("a@s.test", "b@x.test");
    settle(ready[0], OUTCOME_DEFERRED);
    read_only(text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "Action: failed\r\nStatus: 4.7.1\r\n"));
    stop();
}
END_TEST

START_TEST(the_sender_hears_of_a_delay_once)
{
    char text[8192];
    start(", \"warn-after\": \"1ms\"");
    accept_for("a@s.test", "b@x.test");
    int64_t start_us = time_now_us();
    while (time_now_us() <= start_us + TIME_MS)
        continue;
    settle(ready[0], OUTCOME_DEFERRED);
    read_only(text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "Action: delayed\r\n"));
    ck_assert_uint_eq(queue_message_count(queue), 2);
    settle(ready[0], OUTCOME_DELIVERED);
    operate(QUEUE_FLUSH, "domain=x.test");
    queue_run(queue);
    settle(ready[0], OUTCOME_DEFERRED);
    ck_assert_uint_eq(queue_message_count(queue), 1);
    stop();
}
END_TEST

START_TEST(a_dead_destination_is_not_tried_for_each_message)
{
    struct reason reason;
    start("");
    reason_set(&reason, "4.4.1", false, "mx.x.test", "refused");
    accept_for("a@s.test", "b@x.test");
    accept_for("a@s.test", "c@x.test");
    struct queue_destination *destination = ready[0];
    ck_assert_uint_eq(destination->ready.count, 2);
    settle(destination, OUTCOME_DEFERRED);
    queue_destination_failed(queue, destination, &reason);
    ck_assert_uint_eq(destination->ready.count, 0);
    accept_for("a@s.test", "d@x.test");
    ck_assert_uint_eq(ready_count, 0);
    ck_assert_ptr_null(queue_take(queue, destination));
    queue_destination_works(queue, destination);
    ck_assert_uint_eq(operate(QUEUE_FLUSH, ""), 3);
    queue_run(queue);
    ck_assert_uint_eq(destination->ready.count, 3);
    stop();
}
END_TEST

START_TEST(a_smart_host_is_the_only_destination)
{
    start(", \"smart-host\": {\"host\": \"relay.test\"}");
    accept_for("a@s.test", "b@x.test c@y.test");
    ck_assert_uint_eq(ready_count, 1);
    ck_assert_str_eq(ready[0]->name, "relay.test");
    settle(ready[0], OUTCOME_DELIVERED);
    ck_assert_uint_eq(queue_message_count(queue), 0);
    stop();
}
END_TEST

/* As if the clock had been an hour ahead of what it is, when the waits were set. */
START_TEST(a_clock_that_is_set_back_prolongs_no_wait)
{
    start("");
    accept_for("a@s.test", "b@x.test");
    settle(ready[0], OUTCOME_DEFERRED);
    accept_for("a@s.test", "b@y.test");
    struct queue_destination *dead = ready[0];
    struct reason reason;
    reason_set(&reason, "4.4.1", false, "mx.y.test", "no answer");
    queue_destination_failed(queue, dead, &reason);
    ck_assert_ptr_null(queue_take(queue, dead));
    queue->clock_ahead_us += TIME_HOUR;
    ready_count = 0;
    queue_run(queue);
    ck_assert_uint_eq(ready_count, 2);
    struct queue_destination *both[] = {ready[0], ready[1]};
    settle(both[0], OUTCOME_DELIVERED);
    settle(both[1], OUTCOME_DELIVERED);
    ck_assert_uint_eq(queue_message_count(queue), 0);
    stop();
}
END_TEST

/* The due time of a message's only recipient, from now on. */
static int64_t wait_of(uint64_t id)
{
    const struct message *message = queue_find(queue, id);
    ck_assert_ptr_nonnull(message);
    return message->recipients[0].due_us - time_now_us();
}

/* Stores its state as if the clock had been `ahead_us` ahead of what it is. */
static void store_due_later(uint64_t id, int64_t ahead_us)
{
    const struct message *message = queue_find(queue, id);
    struct message_recipient *recipient = &message->recipients[0];
    struct store_commit *commit = store_commit_new();
    recipient->due_us += ahead_us;
    record_update(&commit->meta, id, 0, recipient);
    store_submit(queue->store, commit);
}

/* Accepts a message that asks for the whole of it back. */
static uint64_t accept_until(const char *recipient, int64_t hold_until_us)
{
    struct envelope envelope;
    struct buf content;
    int error = -1;
    uint64_t id = queue_new_id(queue);
    envelope_init(&envelope);
    envelope_set_sender(&envelope, SLICE("a@s.test"));
    envelope_add_recipient(&envelope, slice_of(recipient));
    envelope.ret = ENVELOPE_RET_FULL;
    envelope.hold_until_us = hold_until_us;
    buf_init(&content, 64);
    buf_add_text(&content, "Subject: x\r\n\r\nbody\r\n");
    queue_accept(queue, id, &envelope, &content, on_done, &error);
    ready_count = 0;
    queue_run(queue);
    ck_assert_int_eq(error, 0);
    envelope_deinit(&envelope);
    buf_deinit(&content);
    return id;
}

/* RFC 3461 4.3. */
START_TEST(the_whole_message_comes_back_with_a_failure_only)
{
    char text[8192];
    start(", \"warn-after\": \"1ms\"");
    (void)accept_until("b@x.test", 0);
    struct queue_destination *destination = ready[0];
    int64_t start_us = time_now_us();
    while (time_now_us() <= start_us + TIME_MS)
        continue;
    settle(destination, OUTCOME_DEFERRED);
    read_only(text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "Action: delayed\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "text/rfc822-headers"));
    ck_assert_ptr_null(strstr(text, "body\r\n"));
    settle(ready[0], OUTCOME_DELIVERED);
    operate(QUEUE_FLUSH, "all");
    queue_run(queue);
    settle(ready[0], OUTCOME_FAILED);
    read_only(text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "message/rfc822"));
    ck_assert_ptr_nonnull(strstr(text, "body\r\n"));
    stop();
}
END_TEST

START_TEST(a_clock_that_is_set_back_while_it_is_stopped_prolongs_no_wait)
{
    start(", \"retry\": \"5m, then every 1h\"");
    uint64_t tried = accept_until("b@x.test", 0);
    settle(ready[0], OUTCOME_DEFERRED);
    uint64_t untried = accept_until("b@y.test", 0);
    uint64_t right = accept_until("b@z.test", 0);
    settle(ready[0], OUTCOME_DEFERRED);
    uint64_t held = accept_until("b@h.test", 0);
    operate(QUEUE_HOLD, "domain=h.test");
    uint64_t later = accept_until("b@l.test", time_now_us() + 3 * TIME_DAY);
    store_due_later(tried, 2 * TIME_DAY);
    store_due_later(untried, 2 * TIME_DAY);
    store_due_later(right, -4 * TIME_MINUTE);
    queue_close(&queue);
    queue_up();
    ck_assert_int_le(wait_of(untried), 0);
    ck_assert_int_le(wait_of(tried), 5 * TIME_MINUTE);
    ck_assert_int_gt(wait_of(tried), 4 * TIME_MINUTE);
    ck_assert_int_le(wait_of(right), TIME_MINUTE);
    ck_assert(message_is_held(&queue_find(queue, held)->recipients[0]));
    ck_assert_int_gt(wait_of(later), 2 * TIME_DAY);
    stop();
}
END_TEST

START_TEST(new_rules_lead_what_waits_another_way)
{
    struct routing_relay relay = {.name = "cloud"};
    struct routing_rule rule = {.name = "y", .domain = "y.test", .relay = &relay};
    const struct routing_rules rules = {.rules = &rule, .rule_count = 1};
    start("");
    accept_for("a@s.test", "b@x.test c@y.test d@y.test");
    settle(ready[0], OUTCOME_DEFERRED); /* x.test */
    config.routing_rules = &rules;
    ready_count = 0;
    queue_set_config(queue, &config);
    queue_run(queue);
    ck_assert_uint_eq(ready_count, 1);
    ck_assert_str_eq(ready[0]->name, "relay:cloud");
    struct queue_item *item = queue_take(queue, ready[0]);
    ck_assert_uint_eq(item->recipient_count, 2);
    queue_put_back(queue, item);
    /* What waits goes by the rules of its time. */
    config.routing_rules = NULL;
    queue_set_config(queue, &config);
    operate(QUEUE_FLUSH, "all");
    ready_count = 0;
    queue_run(queue);
    ck_assert_uint_eq(ready_count, 2);
    ck_assert(strcmp(ready[0]->name, "x.test") == 0 || strcmp(ready[1]->name, "x.test") == 0);
    ck_assert(strcmp(ready[0]->name, "y.test") == 0 || strcmp(ready[1]->name, "y.test") == 0);
    stop();
}
END_TEST

/* With a loop, in which the writer has a thread of its own. */
START_TEST(what_is_delivered_counts_no_longer)
{
    struct err err = {.text = ""};
    struct queue_figures figures;
    int error;
    struct event_base *base = event_base_new();
    struct queue_options options = {.config = &config, .on_ready = on_ready, .base = base};
    start("");
    queue_close(&queue);
    queue = queue_open(&options, &err);
    ck_assert_msg(queue != NULL, "%s", err.text);
    ready_count = 0;
    queue_start(queue);
    submit("a@s.test", "b@x.test", &error);
    while (ready_count == 0)
        event_base_loop(base, EVLOOP_ONCE);
    struct queue_outcome outcome = {.kind = OUTCOME_DELIVERED};
    queue_settle(queue, queue_take(queue, ready[0]), &outcome);
    event_base_loop(base, EVLOOP_NONBLOCK);
    do
        queue_figures(queue, &figures);
    while (figures.live_bytes > 0);
    stop();
    event_base_free(base);
}
END_TEST

UNIT_MAIN(new_rules_lead_what_waits_another_way, a_clock_that_is_set_back_prolongs_no_wait,
          the_whole_message_comes_back_with_a_failure_only,
          a_clock_that_is_set_back_while_it_is_stopped_prolongs_no_wait,
          what_is_settled_leaves_the_memory, what_is_delivered_counts_no_longer,
          a_message_is_one_item_for_each_destination, a_deferred_one_waits_and_survives_a_restart,
          a_failure_goes_back_to_the_sender_once, what_waits_too_long_is_given_up,
          the_sender_hears_of_a_delay_once, a_dead_destination_is_not_tried_for_each_message,
          a_smart_host_is_the_only_destination)
