#include "mta-under-test/refmta/control/control_command.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static char folder[] = "/tmp/refmta-control-XXXXXX";
static struct config config;
static struct queue *queue;
static struct buf answer;
static struct queue_destination *last;

static void on_ready(void *arg, struct queue_destination *destination)
{
    (void)arg;
    last = destination;
}

static void on_accepted(void *arg, int error)
{
    (void)arg;
    ck_assert_int_eq(error, 0);
}

static bool run(const char *line)
{
    buf_reset(&answer);
    return control_command_run(queue, &config, slice_of(line), &answer);
}

static void expect(const char *part)
{
    ck_assert_msg(strstr(buf_text(&answer), part) != NULL, "no \"%s\" in: %s", part,
                  buf_text(&answer));
}

static void start(void)
{
    struct err err = {.text = ""};
    struct buf json;
    buf_init(&answer, 1 << 20);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    buf_init(&json, 4096);
    buf_format(&json,
               "{\"hostname\": \"mail.s.test\", \"spool\": \"%s\", \"listeners\":"
               "[{\"address\": \"::\", \"port\": 25}]}",
               folder);
    ck_assert_msg(config_parse(&config, "c", buf_slice(&json), &err) == 0, "%s", err.text);
    buf_deinit(&json);
    struct queue_options options = {.config = &config, .on_ready = on_ready};
    queue = queue_open(&options, &err);
    ck_assert_msg(queue != NULL, "%s", err.text);
}

static void stop(void)
{
    char command[64];
    queue_close(&queue);
    config_deinit(&config);
    buf_deinit(&answer);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* A message whose only attempt was deferred; its id as text. */
static void add_deferred(char id_text[MESSAGE_ID_TEXT_BYTES])
{
    struct envelope envelope;
    struct buf content;
    uint64_t id = queue_new_id(queue);
    envelope_init(&envelope);
    envelope_set_sender(&envelope, SLICE("a@s.test"));
    envelope_add_recipient(&envelope, SLICE("b@x.test"));
    buf_init(&content, 100);
    buf_add_text(&content, "hello\r\n");
    queue_accept(queue, id, &envelope, &content, on_accepted, NULL);
    queue_run(queue);
    struct queue_item *item = queue_take(queue, last);
    struct queue_outcome outcome = {.kind = OUTCOME_DEFERRED};
    reason_set(&outcome.reason, "4.7.1", true, "mx.x.test", "451 4.7.1 come back");
    queue_settle(queue, item, &outcome);
    queue_run(queue);
    envelope_deinit(&envelope);
    message_id_text(id, id_text);
}

START_TEST(the_queue_is_shown_and_explained)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    char line[64];
    start();
    ck_assert(run("list"));
    ck_assert_str_eq(buf_text(&answer), "");
    add_deferred(id);
    ck_assert(run("list"));
    expect("\"sender\":\"a@s.test\",\"bytes\":7,\"recipients\":1,\"waiting\":1,\"next-attempt\":");
    snprintf(line, sizeof line, "show %s", id);
    ck_assert(run(line));
    expect("\"address\":\"b@x.test\",\"state\":\"waiting\",\"failed-attempts\":1,"
           "\"last-status\":\"4.7.1 smtp mx.x.test 451 4.7.1 come back\"");
    snprintf(line, sizeof line, "explain %s\n", id);
    ck_assert(run(line));
    expect("<b@x.test> is waiting\n  attempt 1 failed: mx.x.test said: 451 4.7.1 come back\n"
           "  next attempt at ");
    expect(": wait 1 of the schedule \"5m, ");
    ck_assert(run("stats"));
    expect("{\"messages\":1,\"recipients-waiting\":1,\"bytes\":7,\"next-attempt\":\"");
    stop();
}
END_TEST

START_TEST(a_flush_tries_now)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    start();
    add_deferred(id);
    ck_assert(run("flush y.test"));
    expect("0 deliveries");
    ck_assert(run("flush x.test"));
    expect("1 deliveries");
    queue_run(queue);
    ck_assert_uint_eq(last->ready_count, 1);
    stop();
}
END_TEST

START_TEST(a_failing_destination_is_told)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    char line[64];
    struct reason reason;
    start();
    add_deferred(id);
    reason_set(&reason, "4.4.1", false, "", "refused");
    queue_destination_failed(queue, last, &reason);
    snprintf(line, sizeof line, "explain %s", id);
    ck_assert(run(line));
    expect("the destination x.test has failed 1 times in a row");
    stop();
}
END_TEST

START_TEST(what_is_unknown_is_said)
{
    start();
    ck_assert(!run("show 12"));
    expect("there is no message \"12\"");
    ck_assert(!run("explain x"));
    ck_assert(!run("dance"));
    expect("unknown command \"dance\"");
    ck_assert(!run(""));
    stop();
}
END_TEST

UNIT_MAIN(the_queue_is_shown_and_explained, a_flush_tries_now, a_failing_destination_is_told,
          what_is_unknown_is_said)
