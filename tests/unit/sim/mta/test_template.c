#include "sim/mta/mta_template.h"

#include "tests/unit/unit.h"

/* A list of two items, "a" and "b", told by {{item}}. */
static size_t item;

static bool value(void *context, struct slice name, struct buf *out)
{
    (void)context;
    if (slice_is(name, "name"))
        buf_add_text(out, "value");
    if (slice_is(name, "item"))
        buf_add_text(out, item == 0 ? "a" : "b");
    return slice_is(name, "item") || slice_is(name, "name") || slice_is(name, "empty");
}

static size_t count(void *context, struct slice list)
{
    (void)context;
    return slice_is(list, "list") ? 2 : SIZE_MAX;
}

static void choose(void *context, size_t i)
{
    (void)context;
    item = i;
}

static const struct mta_template_source SOURCE = {value, count, choose, NULL};

static void check(const char *text, const char *want)
{
    struct buf out;
    struct err err = {0};
    buf_init(&out, 1000);
    ck_assert_msg(mta_template_fill("f", slice_of(text), &SOURCE, &out, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buf_text(&out), want);
    buf_deinit(&out);
}

static void refuse(const char *text, const char *message)
{
    struct buf out;
    struct err err = {0};
    buf_init(&out, 1000);
    ck_assert_int_eq(mta_template_fill("f", slice_of(text), &SOURCE, &out, &err), -1);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s", err.text);
    buf_deinit(&out);
}

START_TEST(test_names_and_sections)
{
    check("a {{name}} b{{empty}}", "a value b");
    check("{{#name}}x{{/name}}{{#empty}}y{{/empty}}{{^empty}}z{{/empty}}", "xz");
    check("{{#empty}}{{#name}}x{{/name}}{{name}}{{/empty}}-", "-");
}
END_TEST

START_TEST(test_a_section_mark_alone_takes_its_line_with_it)
{
    check("a\n{{#name}}\nb\n{{/name}}\nc\n", "a\nb\nc\n");
    check("a\n{{#empty}}\nb\n{{/empty}}\nc\n", "a\nc\n");
    check("{{name}}\n", "value\n");
    check("{{*list}}\n{{item}};\n{{/list}}\n.", "a;\nb;\n.");
}
END_TEST

START_TEST(test_errors_name_the_line)
{
    refuse("a\n{{nmae}}", "f:2: unknown name: \"nmae\"");
    refuse("a\nb\n{{#name}}", "f:3: this section is not closed");
    refuse("{{/name}}", "not open");
    refuse("x {{name", "\"{{\" without \"}}\"");
}
END_TEST

UNIT_MAIN(test_names_and_sections, test_a_section_mark_alone_takes_its_line_with_it,
          test_errors_name_the_line)
