#include "sim/mta/mta_operator.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static struct {
    char folder[64];
    char output[128];
    struct arena arena;
    struct mta_adapter *adapter;
    struct mta_settings *settings;
    struct event_base *base;
    struct mta_operator *desk;
    struct err err;
    char told[400]; /* "operation queue-id status;" each */
} fx;

static void on_done(void *context, const struct mta_order *order, int status)
{
    size_t len = strlen(fx.told);
    (void)context;
    snprintf(fx.told + len, sizeof fx.told - len, "%s %s %d;",
             MTA_OPERATION_WORDS[order->operation],
             order->queue_id != NULL ? order->queue_id : "all", status);
    if (mta_operator_is_idle(fx.desk))
        event_base_loopbreak(fx.base);
}

/* 0, or -1 with fx.err. */
static int load(const char *more)
{
    char path[160];
    char *json =
        mem_text_format("{\"name\":\"small\",\"about\":\"x\",\"start\":[\"/bin/true\"],%s}", more);
    memset(&fx, 0, sizeof fx);
    snprintf(fx.folder, sizeof fx.folder, "/tmp/mailrange-operator-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fx.folder));
    snprintf(fx.output, sizeof fx.output, "%s/server.log", fx.folder);
    snprintf(path, sizeof path, "%s/mta-under-test/adapters/small/adapter.json", fx.folder);
    ck_assert_int_eq(file_make_parents(path, &fx.err), 0);
    ck_assert_int_eq(file_write(path, slice_of(json), &fx.err), 0);
    free(json);
    fx.adapter = mta_adapter_load(fx.folder, "small", &fx.arena, &fx.err);
    return fx.adapter != NULL ? 0 : -1;
}

static void begin(const char *more)
{
    struct spec nothing = {0};
    ck_assert_msg(load(more) == 0, "%s", fx.err.text);
    ck_assert_int_eq(mta_settings_parse(nothing, &fx.arena, &fx.settings, &fx.err), 0);
    fx.base = event_base_new();
    const struct mta_operator_options options = {
        .base = fx.base,
        .setup = {.adapter = fx.adapter, .settings = fx.settings, .programs = "/programs"},
        .network_fd = -1,
        .output = fx.output,
        .done = on_done,
    };
    fx.desk = mta_operator_new(&options);
}

static void say(enum mta_operation operation, const char *queue_id, const char *output)
{
    const struct mta_order order = {.operation = operation, .queue_id = queue_id, .output = output};
    ck_assert_msg(mta_operator_say(fx.desk, &order, &fx.err) == 0, "%s", fx.err.text);
}

static void check_file(const char *path, const char *wanted)
{
    struct buf text;
    buf_init(&text, 1000);
    ck_assert_msg(file_read(path, &text, &fx.err) == 0, "%s", fx.err.text);
    ck_assert_str_eq(buf_text(&text), wanted);
    buf_deinit(&text);
}

static void done(void)
{
    char *command = mem_text_format("rm -r %s", fx.folder);
    mta_operator_free(&fx.desk);
    if (fx.base != NULL)
        event_base_free(fx.base);
    mta_adapter_release(fx.adapter);
    arena_deinit(&fx.arena);
    ck_assert_int_eq(system(command), 0);
    free(command);
}

START_TEST(test_commands_are_said_one_after_the_other)
{
    char listing[160];
    begin("\"queue\":[\"/bin/echo\",\"A1 waits\"],\"queue-id\":\"as "
          "([A-Z0-9]+)\",\"queue-commands\":{"
          "\"hold\":{\"one\":[\"/bin/echo\",\"hold {{queue-id}} by {{programs}}\"]},"
          "\"delete\":{\"all\":[\"/bin/sh\",\"-c\",\"echo no; exit 3\"]}}");
    snprintf(listing, sizeof listing, "%s/queue-1.txt", fx.folder);
    ck_assert(mta_operator_is_idle(fx.desk));
    say(MTA_HOLD, "A1", NULL);
    say(MTA_DELETE, NULL, NULL);
    say(MTA_LIST, NULL, listing);
    ck_assert(!mta_operator_is_idle(fx.desk));
    event_base_dispatch(fx.base);
    ck_assert_str_eq(fx.told, "hold A1 0;delete all 3;list all 0;");
    check_file(fx.output, "hold A1 by /programs\nno\n");
    check_file(listing, "A1 waits\n");
    done();
}
END_TEST

START_TEST(test_a_program_that_is_not_there_is_told)
{
    begin("\"queue-commands\":{\"flush\":{\"all\":[\"/nowhere/flush\"]}}");
    say(MTA_FLUSH, NULL, NULL);
    event_base_dispatch(fx.base);
    ck_assert_str_eq(fx.told, "flush all 127;");
    done();
}
END_TEST

START_TEST(test_what_is_still_to_be_said_goes_with_it)
{
    begin("\"queue-commands\":{\"flush\":{\"all\":[\"/bin/sleep\",\"1000\"]}}");
    say(MTA_FLUSH, NULL, NULL);
    say(MTA_FLUSH, NULL, NULL);
    event_base_loop(fx.base, EVLOOP_ONCE);
    mta_operator_free(&fx.desk);
    ck_assert_ptr_null(fx.desk);
    ck_assert_str_eq(fx.told, "");
    done();
}
END_TEST

START_TEST(test_mistakes_in_an_adapter_are_told_with_their_place)
{
    static const struct {
        const char *json;
        const char *error;
    } CASES[] = {
        {"\"queue-commands\":{\"freeze\":{}}", "$[\"queue-commands\"].freeze: unknown key"},
        {"\"queue-commands\":{\"hold\":[\"x\"]}", "$[\"queue-commands\"].hold: "},
        {"\"queue-commands\":{\"hold\":{\"each\":[\"x\"]}}", "hold.each: unknown key"},
        {"\"queue-commands\":{\"hold\":{\"all\":\"x\"}}", "hold.all: "},
        {"\"queue-commands\":{\"hold\":{\"one\":[\"x\"]}}", "must say by \"queue-id\" how"},
        {"\"queue-id\":\"(\"", "$[\"queue-id\"]: no regular expression"},
        {"\"queue-id\":\"queued\"", "$[\"queue-id\"]: a group is expected"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_msg(load(CASES[i].json) == -1, "%s", CASES[i].json);
        ck_assert_msg(strstr(fx.err.text, CASES[i].error) != NULL, "%s: %s", CASES[i].json,
                      fx.err.text);
        done();
    }
}
END_TEST

UNIT_MAIN(test_commands_are_said_one_after_the_other, test_a_program_that_is_not_there_is_told,
          test_what_is_still_to_be_said_goes_with_it,
          test_mistakes_in_an_adapter_are_told_with_their_place)
