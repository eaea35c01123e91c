#include "sim/event/event_line.h"

#include "mta-under-test/base/buf.h"
#include "tests/unit/unit.h"

static struct event_line *line;

static void open_line(void)
{
    line = event_line_new();
}

START_TEST(test_what_is_read_is_what_cjson_reads)
{
    static const char *const TEXTS[] = {
        "{}",
        "{\"seq\":0,\"at\":-12,\"source\":\"mx\",\"kind\":\"reply\",\"text\":\"\"}",
        " { \"a\" : [ ] , \"b\" : { } , \"c\" : [ 1 , [ 2 ] , { \"d\" : null } ] } \r\n",
        "{\"t\":true,\"f\":false,\"n\":null}",
        "{\"r\":0.125,\"e\":-2.5E+3,\"big\":12345678901234567890,\"int\":999999999999999}",
        "{\"edge\":1000000000000000,\"max\":2147483648,\"min\":-2147483649}",
        "{\"escapes\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t, between \\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"}",
        "{\"key \\\"with\\\" escapes\":\"raw \xc3\xa9\"}",
    };
    open_line();
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        const cJSON *mine = event_line_read(line, slice_of(TEXTS[i]));
        cJSON *theirs = cJSON_Parse(TEXTS[i]);
        ck_assert_msg(mine != NULL, "%s", TEXTS[i]);
        ck_assert_msg(cJSON_Compare(mine, theirs, true), "%s", TEXTS[i]);
        char *a = cJSON_PrintUnformatted(mine);
        char *b = cJSON_PrintUnformatted(theirs);
        ck_assert_str_eq(a, b);
        free(a);
        free(b);
        cJSON_Delete(theirs);
    }
    event_line_free(&line);
}
END_TEST

START_TEST(test_whole_numbers_are_cut_to_an_int_as_cjson_does)
{
    open_line();
    const cJSON *event = event_line_read(line, SLICE("{\"a\":5000000000,\"b\":-5000000000}"));
    ck_assert_int_eq(event->child->valueint, INT32_MAX);
    ck_assert_int_eq(event->child->next->valueint, INT32_MIN);
    event_line_free(&line);
}
END_TEST

START_TEST(test_what_is_no_object_is_refused)
{
    static const char *const TEXTS[] = {
        "",
        "nonsense",
        "[]",
        "\"text\"",
        "17",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":\"open}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u12",
        "{\"a\":\"\\ud83d\"}",
        "{\"a\":\"\\ud83d\\u0041\"}",
        "{\"a\":\"\\ude00\"}",
        "{\"a\":\"\\",
        "{\"a\":-}",
        "{\"a\":1.2.3}",
        "{\"a\":1-2}",
        "{\"a\":treu}",
        "{} {}",
        "{}x",
    };
    open_line();
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++)
        ck_assert_msg(event_line_read(line, slice_of(TEXTS[i])) == NULL, "%s", TEXTS[i]);
    ck_assert_ptr_null(event_line_read(line, SLICE("{\"a\":\"\0\"}")));
    ck_assert_ptr_nonnull(event_line_read(line, SLICE("{}")));
    event_line_free(&line);
    ck_assert_ptr_null(line);
}
END_TEST

/* More members than one block of nodes has, twice in the same memory. */
START_TEST(test_a_long_line_is_whole)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_add_text(&text, "{\"to\":[0");
    for (int i = 1; i < 1000; i++)
        buf_format(&text, ",%d", i);
    buf_add_text(&text, "]}");
    open_line();
    for (int round = 0; round < 2; round++) {
        int wanted = 0;
        const cJSON *one = NULL;
        const cJSON *event = event_line_read(line, buf_slice(&text));
        cJSON_ArrayForEach(one, event->child) ck_assert_int_eq(one->valueint, wanted++);
        ck_assert_int_eq(wanted, 1000);
    }
    event_line_free(&line);
    buf_deinit(&text);
}
END_TEST

START_TEST(test_nesting_has_a_limit)
{
    static const struct {
        size_t depth;
        bool taken;
    } CASES[] = {{32, true}, {1000, false}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf text;
        buf_init(&text, 65536);
        buf_add_text(&text, "{\"a\":");
        for (size_t k = 0; k < CASES[i].depth; k++)
            buf_add_char(&text, '[');
        for (size_t k = 0; k < CASES[i].depth; k++)
            buf_add_char(&text, ']');
        buf_add_char(&text, '}');
        open_line();
        ck_assert_int_eq(event_line_read(line, buf_slice(&text)) != NULL, CASES[i].taken);
        event_line_free(&line);
        buf_deinit(&text);
    }
}
END_TEST

UNIT_MAIN(test_what_is_read_is_what_cjson_reads, test_whole_numbers_are_cut_to_an_int_as_cjson_does,
          test_what_is_no_object_is_refused, test_a_long_line_is_whole, test_nesting_has_a_limit)
