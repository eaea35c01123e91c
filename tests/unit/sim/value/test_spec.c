/* Reading JSON strictly: what is taken, and the exact words for what is not. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/file.h"
#include "sim/value/spec.h"
#include "tests/unit/unit.h"

static struct spec_document *parse(const char *text, struct err *err)
{
    return spec_document_parse("x.json", slice_of(text), err);
}

START_TEST(test_broken_json_is_named_with_line_and_column)
{
    static const struct {
        const char *text;
        const char *error;
    } CASES[] = {
        {"",
         "x.json: is empty; expected a scenario in JSON (\"mailrange init\" writes one to start "
         "from)"},
        {"{\n  \"a\": 1,\n}", "x.json:2:9: a comma behind the last member: JSON has none there, "
                              "take it away"},
        {"[1 2]", "x.json:1:4: expected \",\" or \"]\", found 2"},
        {"{\"a\" 1}", "x.json:1:6: expected \":\" behind the key, found 1"},
        {"{a: 1}", "x.json:1:2: expected a key between double quotes, found a"},
        {"{'a': 1}", "x.json:1:2: expected a key between double quotes, found ' (texts stand "
                     "between double quotes)"},
        {"{\"a\": yes}", "x.json:1:7: expected a value, found yes"},
        {"{\"a\": 1} x", "x.json:1:10: expected the end of the file, found x"},
        {"[\"a\nb\"]", "x.json:1:2: this text is not closed on its line"},
        {"[\"a", "x.json:1:2: this text is not closed"},
        {"[\"\\x\"]", "x.json:1:3: this is no escape of JSON (a backslash itself is written \\\\)"},
        {"[\"\\u0000\"]", "x.json:1:3: \\u0000 cannot stand in a text"},
        {"[\"\\ud83d\"]", "x.json:1:3: half of a surrogate pair stands alone"},
        {"[\"\xff\"]", "x.json:1:3: the byte 0xff is not UTF-8"},
        {"[01]", "x.json:1:2: a number does not start with 0"},
        {"[1.]", "x.json:1:4: expected a digit, found ]"},
        {"// hello\n{}", "x.json:1:1: expected a value, found a comment, and JSON has none: say it "
                         "in \"about\""},
        {"{ // why\n}", "x.json:1:3: expected a key between double quotes, found a comment, and "
                        "JSON has none: say it in \"about\""},
        {"{\"a\": 1, /* x */ \"b\": 2}",
         "x.json:1:10: expected a key between double quotes, found a comment, and JSON has none: "
         "say it in \"about\""},
        {"{\"a\": 1 # x\n}", "x.json:1:9: expected \",\" or \"}\", found a comment, and JSON has "
                             "none: say it in \"about\""},
        {"{\"a\": 1\n\"b\": 2}",
         "x.json:2:1: expected \",\" or \"}\", found a text: a comma is missing before it"},
        {"{\"a\": True}", "x.json:1:7: expected a value, found True (in JSON it is \"true\")"},
        {"{\"gr\xc3\xbc\xc3\x9f\": ?}", "x.json:1:10: expected a value, found ?"},
        {"{\"a\": {\"b\": 1,\n \"b\": 2}}", "x.json:2: $.a.b: this key stands here "
                                            "twice, first on line 1; keep one of them"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct err err = {0};
        struct spec_document *document = parse(CASES[i].text, &err);
        ck_assert_ptr_null(document);
        ck_assert_str_eq(err.text, CASES[i].error);
    }
}
END_TEST

START_TEST(test_what_is_no_utf_8_text_is_called_by_its_name)
{
#define BYTES(text) slice_from(text, sizeof text - 1)
    static const char UTF_16[] =
        "x.json: is UTF-16, and JSON is UTF-8 (RFC 8259 section 8.1); save "
        "it as UTF-8, or: iconv -f UTF-16 -t UTF-8 x.json";
    const struct {
        struct slice bytes;
        const char *error;
    } CASES[] = {
        {BYTES("\xff\xfe{\0}\0"), UTF_16},
        {BYTES("\xfe\xff\0{\0}"), UTF_16},
        {BYTES("{\0}\0"), UTF_16},
        {BYTES("\x1f\x8b\x08\0"), "x.json: is gzip, no text; expected a scenario in JSON"},
        {BYTES("\x89PNG\r\n"), "x.json: is a picture, no text; expected a scenario in JSON"},
        {BYTES("{\"a\": \0}"),
         "x.json: is no text: byte 7 is 0; expected a scenario in JSON, as UTF-8"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct err err = {0};
        ck_assert_ptr_null(spec_document_parse("x.json", CASES[i].bytes, &err));
        ck_assert_str_eq(err.text, CASES[i].error);
    }
}
END_TEST

START_TEST(test_a_document_nested_ten_thousand_deep_is_refused)
{
    struct buf text;
    buf_init(&text, 30000);
    for (int i = 0; i < 10000; i++)
        buf_add_text(&text, "[\n");
    struct err err = {0};
    ck_assert_ptr_null(spec_document_parse("deep.json", buf_slice(&text), &err));
    ck_assert_str_eq(err.text,
                     "deep.json:65:1: nested deeper than 64 levels: no scenario needs that");
    buf_deinit(&text);
}
END_TEST

START_TEST(test_a_file_of_a_hundred_megabytes_is_refused_unread)
{
    char path[] = "/tmp/mailrange-spec-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    /* A hole: it costs nothing to make, and reading it whole would be seen in the error. */
    ck_assert_int_eq(ftruncate(fd, 100 * 1000 * 1000), 0);
    close(fd);
    struct err err = {0};
    struct spec_document *document = spec_document_open(path, &err);
    unlink(path);
    ck_assert_ptr_null(document);
    ck_assert_ptr_nonnull(strstr(err.text, "100 MB, and a scenario has at most 16 MB"));
}
END_TEST

START_TEST(test_a_missing_file_and_a_folder_are_named)
{
    struct err err = {0};
    ck_assert_ptr_null(spec_document_open("/nowhere/x.json", &err));
    ck_assert_str_eq(err.text, "/nowhere/x.json: cannot be opened: No such file or directory");
    ck_assert_ptr_null(spec_document_open("/tmp", &err));
    ck_assert_str_eq(err.text, "/tmp: is a folder; expected a scenario file");
}
END_TEST

START_TEST(test_walking_knows_line_and_path)
{
    struct err err = {0};
    struct spec_document *document = parse(
        "{\n\"hosts\": {\n\"mx.a.test\": {\n\"rules\": [ {},\n{ \"dealy\": 1 } ] } } }", &err);
    ck_assert_ptr_nonnull(document);
    struct spec hosts;
    struct spec host;
    struct spec rules;
    ck_assert(spec_get(spec_root(document), "hosts", &hosts));
    ck_assert(!spec_get(spec_root(document), "Hosts", &host));
    ck_assert_uint_eq(spec_count(hosts), 1);
    ck_assert_str_eq(spec_key_at(hosts, 0), "mx.a.test");
    host = spec_at(hosts, 0);
    ck_assert_int_eq(spec_need(host, "rules", &rules, &err), 0);
    ck_assert_int_eq(spec_need(host, "tls", &rules, &err), -1);
    ck_assert_str_eq(err.text, "x.json:3: $.hosts[\"mx.a.test\"]: \"tls\" is missing");
    static const char *const KEYS[] = {"delay", "reply", NULL};
    struct spec second = spec_at(rules, 1);
    ck_assert_int_eq(spec_check_keys(second, KEYS, &err), -1);
    ck_assert_str_eq(err.text, "x.json:5: $.hosts[\"mx.a.test\"].rules[1].dealy: unknown key; did "
                               "you mean \"delay\"?");
    ck_assert_int_eq(spec_check_keys(rules, KEYS, &err), -1);
    ck_assert_str_eq(err.text,
                     "x.json:4: $.hosts[\"mx.a.test\"].rules: expected an object, found an array");
    /* Backwards too: the cursor goes back to the front. */
    ck_assert_uint_eq(spec_count(spec_at(rules, 0)), 0);
    spec_document_free(&document);
    ck_assert_ptr_null(document);
}
END_TEST

START_TEST(test_unknown_keys_without_a_near_word_list_what_is_known)
{
    struct err err = {0};
    static const char *const KEYS[] = {"delay", "reply", NULL};
    struct spec_document *document = parse("{\"something\": 1}", &err);
    ck_assert_int_eq(spec_check_keys(spec_root(document), KEYS, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $.something: unknown key; known here: delay, reply");
    spec_document_free(&document);
}
END_TEST

/* The value of {"v": VALUE}, read by each reader in turn; the error's text behind the path. */
static const char *read_as(const char *kind, const char *json, int64_t *value, struct err *err)
{
    static const char *const WORDS[] = {"connect", "ehlo", "mail", NULL};
    char text[300];
    snprintf(text, sizeof text, "{\"v\": %s}", json);
    struct spec_document *document = parse(text, err);
    ck_assert_ptr_nonnull(document);
    struct spec spec;
    struct arena arena = {0};
    ck_assert(spec_get(spec_root(document), "v", &spec));
    int result = -2;
    const char *words = NULL;
    size_t index = 0;
    bool flag = false;
    uint32_t share = 0;
    if (strcmp(kind, "text") == 0)
        result = spec_read_text(spec, &words, err);
    else if (strcmp(kind, "bool") == 0)
        result = spec_read_bool(spec, &flag, err);
    else if (strcmp(kind, "int") == 0)
        result = spec_read_int(spec, 1, 100, value, err);
    else if (strcmp(kind, "word") == 0)
        result = spec_read_word(spec, WORDS, &index, err);
    else if (strcmp(kind, "span") == 0)
        result = spec_read_span(spec, value, err);
    else if (strcmp(kind, "instant") == 0)
        result = spec_read_instant(spec, value, err);
    else if (strcmp(kind, "size") == 0)
        result = spec_read_size(spec, value, err);
    else if (strcmp(kind, "share") == 0)
        result = spec_read_share(spec, &share, err);
    else if (strcmp(kind, "domain") == 0)
        result = spec_read_domain(spec, &arena, &words, err);
    if (strcmp(kind, "word") == 0)
        *value = (int64_t)index;
    if (strcmp(kind, "share") == 0)
        *value = share;
    static char domain[300];
    if (strcmp(kind, "domain") == 0 && result == 0)
        snprintf(domain, sizeof domain, "%s", words);
    arena_deinit(&arena);
    spec_document_free(&document);
    ck_assert_int_ne(result, -2);
    if (result == 0)
        return strcmp(kind, "domain") == 0 ? domain : "";
    const char *behind = strstr(err->text, "$.v: ");
    return behind != NULL ? behind + 5 : err->text;
}

START_TEST(test_values_are_read_as_people_write_them)
{
    static const struct {
        const char *kind;
        const char *json;
        int64_t value;
    } CASES[] = {
        {"int", "42", 42},
        {"word", "\"ehlo\"", 1},
        {"span", "\"1h30m\"", 90 * TIME_MINUTE},
        {"instant", "\"1970-01-01T00:00:01Z\"", TIME_SECOND},
        {"size", "25", 25},
        {"size", "\"25MB\"", 25000000},
        {"size", "\"512kB\"", 512000},
        {"size", "\"1GiB\"", INT64_C(1) << 30},
        {"share", "\"99.5%\"", 995000},
        {"share", "\"0.0001%\"", 1},
        {"share", "\"100%\"", 1000000},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct err err = {0};
        int64_t value = -1;
        ck_assert_str_eq(read_as(CASES[i].kind, CASES[i].json, &value, &err), "");
        ck_assert_int_eq(value, CASES[i].value);
    }
    struct err err = {0};
    int64_t value = 0;
    ck_assert_str_eq(read_as("domain", "\"MX.Example.Test.\"", &value, &err), "mx.example.test");
    ck_assert_str_eq(read_as("domain",
                             "\"b\xc3\xbc"
                             "cher.test\"",
                             &value, &err),
                     "xn--bcher-kva.test");
}
END_TEST

START_TEST(test_wrong_values_say_what_was_expected_and_found)
{
    static const struct {
        const char *kind;
        const char *json;
        const char *error;
    } CASES[] = {
        {"text", "5", "expected a text, found the number 5"},
        {"text", "\"\"", "expected a text that is not empty, found \"\""},
        {"bool", "\"yes\"", "expected true or false, found \"yes\""},
        {"int", "1.5", "expected a whole number from 1 to 100, found the number 1.5"},
        {"int", "101", "expected a whole number from 1 to 100, found the number 101"},
        {"int", "1e300", "expected a whole number from 1 to 100, found the number 1e+300"},
        {"int", "[]", "expected a whole number from 1 to 100, found an empty array"},
        {"word", "\"elho\"", "\"elho\": no such word; did you mean \"ehlo\"?"},
        {"word", "\"whatever\"", "\"whatever\": no such word; known are: connect, ehlo, mail"},
        {"span", "\"5 minutes\"",
         "expected a duration like \"250ms\", \"30s\", \"5m\" or "
         "\"1h30m\", found \"5 minutes\""},
        {"span", "5",
         "expected a duration like \"250ms\", \"30s\", \"5m\" or \"1h30m\", found the "
         "number 5: the unit is missing, as in \"5s\" or \"5m\""},
        {"span", "\"30\"",
         "expected a duration like \"250ms\", \"30s\", \"5m\" or \"1h30m\", found 30: the unit is "
         "missing, as in \"30s\" or \"30m\""},
        {"instant", "\"yesterday\"",
         "expected an instant like \"2026-03-02T09:00:00Z\", found \"yesterday\""},
        {"size", "\"25XB\"",
         "expected a size like \"512kB\", \"25MB\" or \"1GiB\", found \"25XB\""},
        {"size", "-1", "expected a whole number from 0, found the number -1"},
        {"share", "\"101%\"", "expected a share like \"30%\" or \"99.5%\", found \"101%\""},
        {"share", "\"30\"", "expected a share like \"30%\" or \"99.5%\", found \"30\""},
        {"domain", "\"a..test\"",
         "expected a domain name like \"mx.example.test\", found \"a..test\""},
        {"domain", "null", "expected a domain name like \"mx.example.test\", found null"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct err err = {0};
        int64_t value = 0;
        ck_assert_str_eq(read_as(CASES[i].kind, CASES[i].json, &value, &err), CASES[i].error);
    }
}
END_TEST

START_TEST(test_texts_may_be_one_or_many)
{
    struct err err = {0};
    struct arena arena = {0};
    struct spec_document *document =
        parse("{\"a\": \"x\", \"b\": [\"y\", \"z\"], \"c\": []}", &err);
    struct spec spec;
    const char *const *texts = NULL;
    size_t count = 0;
    ck_assert(spec_get(spec_root(document), "a", &spec));
    ck_assert_int_eq(spec_read_texts(spec, &arena, &texts, &count, &err), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert(spec_get(spec_root(document), "b", &spec));
    ck_assert_int_eq(spec_read_texts(spec, &arena, &texts, &count, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(texts[1], "z");
    ck_assert(spec_get(spec_root(document), "c", &spec));
    ck_assert_int_eq(spec_read_texts(spec, &arena, &texts, &count, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $.c: expected at least one text, found an empty array");
    arena_deinit(&arena);
    spec_document_free(&document);
}
END_TEST

START_TEST(test_extend_merges_by_key_and_keeps_places)
{
    struct err err = {0};
    struct spec_document *base = spec_document_parse(
        "base.json",
        SLICE(
            "{\"name\": \"base\",\n\"hosts\": {\"a\": {\"rules\": [1],\n\"bad\": 5}, \"b\": {}}}"),
        &err);
    struct spec_document *document =
        parse("{\"name\": \"over\", \"hosts\": {\"a\": {\"+rules\": [2, 3]}, \"c\": {}}}", &err);
    ck_assert_int_eq(spec_document_extend(document, &base, &err), 0);
    ck_assert_ptr_null(base);
    struct spec spec;
    struct spec hosts;
    struct spec a;
    const char *text = NULL;
    ck_assert(spec_get(spec_root(document), "name", &spec));
    ck_assert_int_eq(spec_read_text(spec, &text, &err), 0);
    ck_assert_str_eq(text, "over");
    ck_assert(spec_get(spec_root(document), "hosts", &hosts));
    ck_assert_uint_eq(spec_count(hosts), 3);
    ck_assert_str_eq(spec_key_at(hosts, 0), "a");
    ck_assert_str_eq(spec_key_at(hosts, 2), "c");
    a = spec_at(hosts, 0);
    ck_assert(spec_get(a, "rules", &spec));
    ck_assert_uint_eq(spec_count(spec), 3);
    ck_assert(spec_get(a, "bad", &spec));
    spec_error(spec, &err, "wrong");
    ck_assert_str_eq(err.text, "base.json:3: $.hosts.a.bad: wrong");
    spec_document_free(&document);
}
END_TEST

START_TEST(test_extend_replaces_many_members_in_place)
{
    struct err err = {0};
    struct spec_document *base = spec_document_parse(
        "base.json", SLICE("{\"a\":1,\"b\":2,\"c\":3,\"m\":{},\"e\":5,\"z\":6}"), &err);
    struct spec_document *document =
        parse("{\"a\":10,\"x\":7,\"b\":20,\"c\":30,\"z\":60,\"y\":8}", &err);
    ck_assert_int_eq(spec_document_extend(document, &base, &err), 0);
    char *text = cJSON_PrintUnformatted(spec_root(document).json);
    ck_assert_str_eq(text, "{\"a\":10,\"b\":20,\"c\":30,\"m\":{},\"e\":5,\"z\":60,\"x\":7,"
                           "\"y\":8}");
    cJSON_free(text);
    spec_document_free(&document);
}
END_TEST

START_TEST(test_appending_to_nothing_is_refused)
{
    struct err err = {0};
    struct spec_document *base = spec_document_parse("base.json", SLICE("{\"a\": 1}"), &err);
    struct spec_document *document = parse("{\"+rules\": [2]}", &err);
    ck_assert_int_eq(spec_document_extend(document, &base, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $[\"+rules\"]: nothing to append to: the file that is "
                               "extended has no \"rules\" here");
    spec_document_free(&document);
    base = spec_document_parse("base.json", SLICE("{\"a\": 1}"), &err);
    document = parse("{\"+a\": [2]}", &err);
    ck_assert_int_eq(spec_document_extend(document, &base, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $[\"+a\"]: cannot append: in the file that is extended "
                               "\"a\" is no array");
    spec_document_free(&document);
}
END_TEST

START_TEST(test_variables_are_put_into_texts)
{
    struct err err = {0};
    static const struct spec_variable VARIABLES[] = {
        {"mode", "none"}, {"count", "12"}, {"on", "true"}};
    struct spec_document *document =
        parse("{\"a\": \"x-${mode}-${count}\", \"b\": [\"${count}\", {\"c\": \"${on}\"}],\n"
              "\"d\": \"$${mode}\"}",
              &err);
    ck_assert_int_eq(spec_document_substitute(document, VARIABLES, 3, &err), 0);
    struct spec spec;
    int64_t number = 0;
    ck_assert(spec_get(spec_root(document), "a", &spec));
    ck_assert_str_eq(spec.json->valuestring, "x-none-12");
    ck_assert(spec_get(spec_root(document), "d", &spec));
    ck_assert_str_eq(spec.json->valuestring, "${mode}");
    ck_assert(spec_get(spec_root(document), "b", &spec));
    ck_assert_int_eq(spec_read_int(spec_at(spec, 0), 0, 100, &number, &err), 0);
    ck_assert_int_eq(number, 12);
    ck_assert(spec_is_bool(spec_at(spec_at(spec, 1), 0)));
    spec_document_free(&document);
    document = parse("{\"a\": \"${mdoe}\"}", &err);
    ck_assert_int_eq(spec_document_substitute(document, VARIABLES, 3, &err), -1);
    ck_assert_str_eq(err.text, "x.json:1: $.a: \"${mdoe}\": no such name in \"matrix\"; did you "
                               "mean \"${mode}\"?");
    spec_document_free(&document);
}
END_TEST

START_TEST(test_a_large_flat_document_is_walked_in_linear_time)
{
    struct buf text;
    struct err err = {0};
    buf_init(&text, SPEC_DOCUMENT_BYTES_MAX);
    buf_add_text(&text, "[0");
    for (int i = 1; i < 200000; i++)
        buf_format(&text, ",%d", i);
    buf_add_text(&text, "]");
    struct spec_document *document = spec_document_parse("x.json", buf_slice(&text), &err);
    ck_assert_ptr_nonnull(document);
    struct spec root = spec_root(document);
    int64_t sum = 0;
    for (size_t i = 0; i < spec_count(root); i++)
        sum += spec_at(root, i).json->valueint;
    ck_assert_int_eq(sum, INT64_C(199999) * 100000);
    buf_deinit(&text);
    spec_document_free(&document);
}
END_TEST

UNIT_MAIN(test_broken_json_is_named_with_line_and_column,
          test_what_is_no_utf_8_text_is_called_by_its_name,
          test_a_document_nested_ten_thousand_deep_is_refused,
          test_a_file_of_a_hundred_megabytes_is_refused_unread,
          test_a_missing_file_and_a_folder_are_named, test_walking_knows_line_and_path,
          test_unknown_keys_without_a_near_word_list_what_is_known,
          test_values_are_read_as_people_write_them,
          test_wrong_values_say_what_was_expected_and_found, test_texts_may_be_one_or_many,
          test_extend_merges_by_key_and_keeps_places, test_extend_replaces_many_members_in_place,
          test_appending_to_nothing_is_refused, test_variables_are_put_into_texts,
          test_a_large_flat_document_is_walked_in_linear_time)
