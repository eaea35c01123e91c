#include "mta-under-test/refmta/control/control_command.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static char folder[] = "/tmp/refmta-control-XXXXXX";
static struct config config;
static struct trace trace;
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

static int reload(void *arg, struct err *err)
{
    (void)arg;
    return err_set(err, "c.json: this is wrong");
}

static bool run(const char *line)
{
    buf_reset(&answer);
    struct control_scene scene = {
        .queue = queue, .config = &config, .trace = &trace, .reload = reload};
    return control_command_run(&scene, slice_of(line), &answer);
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

static void reopen(void)
{
    struct err err = {.text = ""};
    struct queue_options options = {.config = &config, .on_ready = on_ready};
    queue_close(&queue);
    queue = queue_open(&options, &err);
    ck_assert_msg(queue != NULL, "%s", err.text);
    queue_start(queue);
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
    expect("{\"messages\":1,\"recipients-waiting\":1,\"recipients-held\":0,\"bytes\":7,");
    expect("\"largest-destinations\":[{\"destination\":\"x.test\",\"deliveries\":1,\"ready\":0}]");
    stop();
}
END_TEST

START_TEST(a_flush_tries_now)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    start();
    add_deferred(id);
    ck_assert(run("flush y.test"));
    expect("0 recipients are");
    ck_assert(run("flush x.test"));
    expect("1 recipients are tried now");
    queue_run(queue);
    ck_assert_uint_eq(last->ready.count, 1);
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

/* It is where it was, with what is known of that destination, until it is due. */
START_TEST(a_destination_is_explained_after_a_reload)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    char line[64];
    struct reason reason;
    struct routing_relay relay = {.name = "cloud"};
    struct routing_rule rule = {.name = "x", .domain = "x.test", .relay = &relay};
    const struct routing_rules rules = {.rules = &rule, .rule_count = 1};
    start();
    add_deferred(id);
    reason_set(&reason, "4.4.1", false, "", "refused");
    queue_destination_failed(queue, last, &reason);
    snprintf(line, sizeof line, "explain %s", id);
    ck_assert(run(line));
    ck_assert_ptr_null(strstr(buf_text(&answer), "newer"));
    config.routing_rules = &rules;
    queue_set_config(queue, &config);
    ck_assert(run(line));
    expect("the destination x.test has failed 1 times in a row");
    expect("waits with the destination x.test, and goes to relay:cloud when it is due");
    ck_assert(run("flush all"));
    ck_assert(run(line));
    ck_assert_ptr_null(strstr(buf_text(&answer), "newer"));
    config.routing_rules = NULL;
    stop();
}
END_TEST

START_TEST(what_is_held_waits_for_its_release)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    start();
    add_deferred(id);
    ck_assert(run("hold domain=X.test reason=4.7"));
    expect("1 recipients are held");
    ck_assert(run("flush"));
    expect("0 recipients are tried now");
    ck_assert(run("explain held"));
    expect("held: it is not tried before \"release ");
    ck_assert(run("list held"));
    expect("\"held\":1");
    reopen();
    ck_assert(run("list held sender=@S.test"));
    expect("\"held\":1");
    ck_assert(run("release sender=a@s.test older=0 newer=1h"));
    expect("1 recipients are released");
    queue_run(queue);
    ck_assert_uint_eq(last->ready.count, 1);
    stop();
}
END_TEST

START_TEST(what_is_deleted_is_gone_and_what_is_returned_is_reported)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    char line[64];
    start();
    add_deferred(id);
    ck_assert(run("delete reason=5.1.1"));
    expect("0 recipients");
    ck_assert(run("delete all"));
    expect("1 recipients are deleted");
    queue_run(queue);
    ck_assert_uint_eq(queue_message_count(queue), 0);
    add_deferred(id);
    snprintf(line, sizeof line, "bounce %s", id);
    ck_assert(run(line));
    expect("1 recipients are returned");
    queue_run(queue);
    reopen();
    ck_assert_uint_eq(queue_message_count(queue), 1);
    ck_assert(run("list sender=<>"));
    expect("\"sender\":\"\",");
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
    ck_assert(!run("delete"));
    expect("delete what? A queue id, a filter like domain=x.test, or \"all\"");
    ck_assert(!run("list domian=x.test"));
    expect("\"domian=x.test\" chooses nothing");
    ck_assert(!run("list older=soon"));
    expect("\"soon\" is no span of time");
    ck_assert(!run("trace"));
    expect("trace what?");
    ck_assert(run("trace client=192.0.2.1"));
    ck_assert_str_eq(trace.client, "192.0.2.1");
    ck_assert(!run("reload"));
    expect("c.json: this is wrong");
    stop();
}
END_TEST

UNIT_MAIN(the_queue_is_shown_and_explained, a_destination_is_explained_after_a_reload,
          a_flush_tries_now, a_failing_destination_is_told, what_is_held_waits_for_its_release,
          what_is_deleted_is_gone_and_what_is_returned_is_reported, what_is_unknown_is_said)
