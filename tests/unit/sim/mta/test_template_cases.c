#include "sim/mta/mta_template.h"

#include <stdio.h>

#include "tests/unit/unit.h"

/* Names: "full" has a value, "empty" has none, "item" is of the list "list" (two items). */
struct source {
    size_t item;
};

static bool value(void *context, struct slice name, struct buf *out)
{
    const struct source *source = context;
    if (slice_is(name, "full"))
        return buf_add_text(out, "FULL");
    if (slice_is(name, "item"))
        return buf_format(out, "%zu", source->item);
    return slice_is(name, "empty");
}

static size_t count(void *context, struct slice list)
{
    (void)context;
    return slice_is(list, "list") ? 2 : slice_is(list, "none") ? 0 : SIZE_MAX;
}

static void pick(void *context, size_t item)
{
    struct source *source = context;
    source->item = item;
}

static int fill(const char *text, struct buf *out, struct err *err)
{
    struct source state = {0};
    const struct mta_template_source source = {value, count, pick, &state};
    buf_init(out, 1000);
    return mta_template_fill("file", slice_of(text), &source, out, err);
}

START_TEST(test_names_and_sections_are_filled)
{
    static const struct {
        const char *text;
        const char *filled;
    } CASES[] = {
        {"", ""},
        {"plain { } text", "plain { } text"},
        {"a{{full}}b{{empty}}c", "aFULLbc"},
        {"{{#full}}yes{{/full}}{{^full}}no{{/full}}", "yes"},
        {"{{#empty}}yes{{/empty}}{{^empty}}no{{/empty}}", "no"},
        {"1\n{{#full}}\n2\n{{/full}}\n3\n", "1\n2\n3\n"},
        {"1\n{{#empty}}\n2\n{{/empty}}\n3\n", "1\n3\n"},
        {"{{#full}}{{#empty}}x{{/empty}}y{{/full}}", "y"},
        {"{{#empty}}{{#full}}x{{/full}}{{/empty}}z", "z"},
        {"{{*list}}<{{item}}>{{/list}}", "<0><1>"},
        {"{{*none}}<{{item}}>{{/none}}.", "."},
        {"{{#empty}}{{*list}}{{item}}{{/list}}{{/empty}}.", "."},
        {"{{*list}}{{#full}}{{item}}{{/full}}{{^full}}-{{/full}},{{/list}}", "0,1,"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf out;
        struct err err = {{0}};
        ck_assert_msg(fill(CASES[i].text, &out, &err) == 0, "%s: %s", CASES[i].text, err.text);
        ck_assert_str_eq(buf_text(&out), CASES[i].filled);
        buf_deinit(&out);
    }
}
END_TEST

START_TEST(test_mistakes_are_told_with_their_line)
{
    static const struct {
        const char *text;
        const char *error;
    } CASES[] = {
        {"a\nb {{nothing}}", "file:2: unknown name: \"nothing\""},
        {"{{#nothing}}x{{/nothing}}", "file:1: unknown name"},
        {"a\n\n{{#full}}x", "file:3: this section is not closed: \"full\""},
        {"{{/full}}", "file:1: closes a section that is not open"},
        {"{{#full}}{{/empty}}", "file:1: closes a section that is not open"},
        {"x\n{{full", "file:2: \"{{\" without \"}}\""},
        {"{{*nothing}}{{/nothing}}", "file:1: unknown list"},
        {"{{*list}}x", "file:1: this section is not closed"},
        {"{{*list}}{{#full}}{{/list}}{{/full}}", "file:1: this section is not closed"},
        {"{{}}", "file:1: unknown name"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf out;
        struct err err = {{0}};
        ck_assert_int_eq(fill(CASES[i].text, &out, &err), -1);
        ck_assert_msg(strstr(err.text, CASES[i].error) != NULL, "%s: %s", CASES[i].text, err.text);
        buf_deinit(&out);
    }
}
END_TEST

START_TEST(test_what_is_too_large_is_an_error)
{
    struct buf out;
    struct err err = {{0}};
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(fill(text, &out, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "larger than 1000 bytes"));
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(test_names_and_sections_are_filled, test_mistakes_are_told_with_their_line,
          test_what_is_too_large_is_an_error)
