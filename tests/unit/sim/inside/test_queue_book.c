#include "sim/inside/queue_book.h"

#include "tests/unit/unit.h"

static struct {
    regex_t queue_id;
    struct queue_book book;
    struct settle settle;
    struct arena arena;
    struct spec_document *document;
} fx;

static void event(const char *line)
{
    queue_book_on_event(&fx.book, 0, slice_of(line));
    settle_on_event(&fx.settle, 0, slice_of(line));
}

static void begin(void)
{
    ck_assert_int_eq(regcomp(&fx.queue_id, "queued as ([0-9A-F]+)", REG_EXTENDED), 0);
    queue_book_init(&fx.book, &fx.queue_id);
    settle_init(&fx.settle, NULL, NULL);
    event("{\"source\":\"submitter\",\"kind\":\"reply\",\"message\":\"m/1\",\"stage\":\"rcpt\","
          "\"code\":250,\"text\":\"not queued as AB\"}");
    event("{\"source\":\"submitter\",\"kind\":\"reply\",\"message\":\"m/1\",\"stage\":\"data-end\","
          "\"code\":250,\"text\":\"Ok: queued as 4F5C\"}");
    event(
        "{\"source\":\"submitter\",\"kind\":\"accepted\",\"message\":\"m/1\",\"from\":\"s@y.test\","
        "\"to\":[\"a@x.test\",\"b@x.test\"]}");
    event("{\"source\":\"submitter\",\"kind\":\"reply\",\"message\":\"other\","
          "\"stage\":\"data-end\",\"code\":250,\"text\":\"thanks\"}");
    event("{\"source\":\"submitter\",\"kind\":\"accepted\",\"message\":\"other\",\"from\":\"\","
          "\"to\":[\"c@x.test\"]}");
}

static void done(void)
{
    queue_book_deinit(&fx.book);
    settle_deinit(&fx.settle);
    regfree(&fx.queue_id);
}

/* How many of the messages the timeline's entry means. */
static size_t meant(const char *json)
{
    struct err err = {{0}};
    struct arena arena = {0};
    struct scenario_event choice = {0};
    struct spec member;
    size_t count = 0;
    struct spec_document *document = spec_document_parse("t.json", slice_of(json), &err);
    ck_assert_msg(document != NULL, "%s", err.text);
    struct spec spec = spec_root(document);
    if (spec_get(spec, "message", &member))
        ck_assert_int_eq(pattern_read(member, &arena, &choice.message, &err), 0);
    if (spec_get(spec, "from", &member))
        ck_assert_int_eq(pattern_read(member, &arena, &choice.from, &err), 0);
    if (spec_get(spec, "to", &member))
        ck_assert_int_eq(pattern_read(member, &arena, &choice.to, &err), 0);
    for (size_t i = 0; i < fx.book.count; i++)
        count += queue_book_fits(fx.book.entries[i], &fx.settle, &choice) ? 1 : 0;
    pattern_release(choice.message);
    pattern_release(choice.from);
    pattern_release(choice.to);
    arena_deinit(&arena);
    spec_document_free(&document);
    return count;
}

START_TEST(test_the_reply_to_the_final_dot_names_the_message)
{
    begin();
    ck_assert_uint_eq(fx.book.count, 2);
    ck_assert_str_eq(fx.book.entries[0]->queue_id, "4F5C");
    ck_assert_ptr_null(fx.book.entries[1]->queue_id);
    done();
}
END_TEST

START_TEST(test_mail_is_chosen_by_what_the_scenario_knows_of_it)
{
    begin();
    ck_assert_uint_eq(meant("{}"), 2);
    ck_assert_uint_eq(meant("{\"message\":\"m/1\"}"), 1);
    ck_assert_uint_eq(meant("{\"message\":\"m\"}"), 1);
    ck_assert_uint_eq(meant("{\"message\":\"m/2\"}"), 0);
    ck_assert_uint_eq(meant("{\"from\":\"s@*\"}"), 1);
    ck_assert_uint_eq(meant("{\"to\":\"*@x.test\"}"), 2);
    ck_assert_uint_eq(meant("{\"to\":\"b@x.test\",\"from\":\"s@*\"}"), 1);
    done();
}
END_TEST

START_TEST(test_what_has_its_end_is_not_meant)
{
    begin();
    event("{\"source\":\"mx\",\"kind\":\"accepted\",\"message\":\"m/1\",\"to\":[\"a@x.test\"]}");
    ck_assert_uint_eq(meant("{\"to\":\"a@x.test\"}"), 0);
    ck_assert_uint_eq(meant("{\"message\":\"m\"}"), 1);
    event("{\"source\":\"mx\",\"kind\":\"accepted\",\"message\":\"m/1\",\"to\":[\"b@x.test\"]}");
    ck_assert_uint_eq(meant("{\"message\":\"m\"}"), 0);
    done();
}
END_TEST

UNIT_MAIN(test_the_reply_to_the_final_dot_names_the_message,
          test_mail_is_chosen_by_what_the_scenario_knows_of_it, test_what_has_its_end_is_not_meant)
