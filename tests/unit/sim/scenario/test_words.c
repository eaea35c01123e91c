/* The words of the language: what the walk along a schema meets, and the page that comes of it. */
#include "sim/scenario/scenario_words.h"

#include "sim/scenario/scenario_schema.h"
#include "tests/unit/unit.h"

static const char SCHEMA[] =
    "{\"properties\":{\"at\":{\"anyOf\":[{\"$ref\":\"#/$defs/stage\"},"
    "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/stage\"}}]},"
    "\"hosts\":{\"additionalProperties\":{\"type\":\"object\",\"properties\":{\"up\":"
    "{\"name\":\"up\"}}}},\"expect\":{\"anyOf\":["
    "{\"name\":\"log\",\"required\":[\"log\"]},"
    "{\"name\":\"host\",\"properties\":{\"host\":{}},\"additionalProperties\":false}]}},"
    "\"$defs\":{\"stage\":{\"anyOf\":[{\"const\":\"mail\",\"name\":\"mail\"},"
    "{\"const\":\"rcpt\",\"name\":\"rcpt\"},{\"enum\":[\"data\"],\"name\":\"data\"}]}}}";

static const struct {
    const char *value;
    const char *met; /* names of the nodes that are met, in order */
} WALKS[] = {
    {"{\"at\":\"mail\"}", "mail "},
    {"{\"at\":[\"rcpt\",\"data\",\"mail\"]}", "rcpt data mail "},
    {"{\"at\":\"quit\"}", ""},
    {"{\"hosts\":{\"a\":{\"up\":1},\"b\":{\"down\":1}}}", "up "},
    {"{\"expect\":{\"host\":1}}", "host "},
    {"{\"expect\":{\"log\":1}}", "log "},
    {"{\"expect\":{\"other\":1}}", ""},
    {"{\"unknown\":1}", ""},
};

static void note_name(void *context, const cJSON *node, const cJSON *value)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "name"));
    (void)value;
    if (name != NULL)
        buf_format(context, "%s ", name);
}

START_TEST(test_walk)
{
    cJSON *schema = cJSON_Parse(SCHEMA);
    ck_assert_ptr_nonnull(schema);
    for (size_t i = 0; i < sizeof WALKS / sizeof WALKS[0]; i++) {
        struct buf met;
        cJSON *value = cJSON_Parse(WALKS[i].value);
        buf_init(&met, 1000);
        scenario_schema_walk(schema, schema, value, note_name, &met);
        ck_assert_msg(slice_is(buf_slice(&met), WALKS[i].met), "%s meets \"%s\"", WALKS[i].value,
                      buf_text(&met));
        buf_deinit(&met);
        cJSON_Delete(value);
    }
    cJSON_Delete(schema);
}
END_TEST

START_TEST(test_nodes)
{
    cJSON *schema = cJSON_Parse(SCHEMA);
    const cJSON *stage = scenario_schema_node(schema, "$defs stage");
    ck_assert_ptr_nonnull(stage);
    ck_assert_ptr_eq(scenario_schema_node(schema, "$defs stage anyOf 1"),
                     cJSON_GetArrayItem(cJSON_GetObjectItem(stage, "anyOf"), 1));
    ck_assert_ptr_null(scenario_schema_node(schema, "$defs stage anyOf 9"));
    ck_assert_ptr_null(scenario_schema_node(schema, "$defs nothing here"));
    ck_assert_ptr_eq(
        scenario_schema_follow(schema, scenario_schema_node(schema, "properties at anyOf 0")),
        stage);
    ck_assert_ptr_eq(scenario_schema_follow(schema, stage), stage);
    cJSON_Delete(schema);
}
END_TEST

static bool has(const struct buf *page, const char *line)
{
    return slice_find_slice(buf_slice(page), slice_of(line)) != SIZE_MAX;
}

START_TEST(test_page)
{
    struct scenario_options options = {.root = "."};
    struct scenario **cells = NULL;
    struct err err = {0};
    struct scenario_words *words = scenario_words_open(".", &err);
    ck_assert_msg(words != NULL, "%s", err.text);
    int count = scenario_load("scenarios/robustness/bad-farewell.json", &options, &cells, &err);
    ck_assert_msg(count == 1, "%s", err.text);
    scenario_words_note(words, cells[0]);
    scenario_words_note(words, cells[0]); /* as two cells of one file */
    struct buf page;
    buf_init(&page, 1000000);
    scenario_words_print(words, &page);
    ck_assert(has(&page, "| `quit` | After QUIT. | "
                         "[robustness/bad-farewell](robustness/bad-farewell.json) |\n"));
    ck_assert(has(&page, "| `bdat` | After each chunk of BDAT (RFC 3030). | **none** |\n"));
    ck_assert(has(&page, "| `tls/expired` | "));
    ck_assert(has(&page, "| `gmail-like` | "));
    buf_deinit(&page);
    scenario_free(&cells[0]);
    free(cells);
    scenario_words_close(&words);
    ck_assert_ptr_null(words);
}
END_TEST

START_TEST(test_project_without_schema)
{
    struct err err = {0};
    ck_assert_ptr_null(scenario_words_open("/nonexistent", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/scenarios/schema.json"));
}
END_TEST

UNIT_MAIN(test_walk, test_nodes, test_page, test_project_without_schema)
