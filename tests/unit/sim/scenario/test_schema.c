/* The JSON Schema knows the same keys as the loader: asked at each place with a key that is none.
 */
#include "tests/unit/sim/scenario/scenario_fixture.h"

#include <cjson/cJSON.h>

#define KEY "\"zzzzzzzzzzzzzzzz\":1"
#define HOST(text) "{\"name\":\"x\",\"hosts\":{\"mx.a.test\":" text "}}"
#define RULE(text) HOST("{\"rules\":[{\"at\":\"data-end\"," text "}]}")
#define EXPECT(text) "{\"name\":\"x\",\"expect\":[{" text "}]}"

static const struct {
    const char *scenario;
    const char *properties; /* where the schema has the object, by keys and indexes */
} PLACES[] = {
    {"{\"name\":\"x\"," KEY "}", ""},
    {"{\"name\":\"x\",\"clock\":{" KEY "}}", "$defs clock"},
    {"{\"name\":\"x\",\"dns\":{" KEY "}}", "$defs dns"},
    {"{\"name\":\"x\",\"dns\":{\"faults\":[{" KEY "}]}}", "$defs fault"},
    {HOST("{" KEY "}"), "$defs host"},
    {HOST("{\"tls\":{" KEY "}}"), "$defs tls"},
    {"{\"name\":\"x\",\"policy\":{\"unsubscribe\":{\"u.a.test\":{\"tls\":{" KEY "}}}}}",
     "$defs policyTls"},
    {HOST("{\"network\":{\"is\":\"stalls\"," KEY "}}"), "$defs network anyOf 1"},
    {HOST("{\"dane\":{" KEY "}}"), "$defs tlsa anyOf 1"},
    {HOST("{\"rules\":[{" KEY "}]}"), "$defs rule"},
    {RULE("\"when\":{" KEY "}"), "$defs when"},
    {RULE("\"when\":{\"attempt\":{" KEY "}}"), "$defs track anyOf 1"},
    {RULE("\"when\":{\"rate\":{" KEY "}}"), "$defs when properties rate"},
    {RULE("\"when\":{\"connections\":{" KEY "}}"), "$defs when properties connections anyOf 1"},
    {RULE("\"when\":{\"greylist\":{" KEY "}}"), "$defs greylist anyOf 1"},
    {RULE("\"then\":{" KEY "}"), "$defs then"},
    {"{\"name\":\"x\",\"mta\":{" KEY "}}", "$defs mta"},
    {"{\"name\":\"x\",\"mta\":{\"settings\":{" KEY "}}}", "$defs settings"},
    {"{\"name\":\"x\",\"mta\":{\"settings\":{\"smart-host\":{" KEY "}}}}",
     "$defs settings properties smart-host anyOf 1"},
    {"{\"name\":\"x\",\"mta\":{\"clock\":{" KEY "}}}", "$defs mta properties clock"},
    {"{\"name\":\"x\",\"messages\":[{" KEY "}]}", "$defs message"},
    {EXPECT("\"is\":\"delivered\"," KEY), "$defs expectDelivery"},
    {EXPECT("\"retries\":{" KEY "}"), "$defs expectDelivery properties retries"},
    {EXPECT("\"dsn\":{" KEY "}"), "$defs expectDelivery properties dsn"},
    {EXPECT("\"tls\":{" KEY "}"), "$defs expectDelivery properties tls anyOf 1"},
    {EXPECT("\"host\":\"a\"," KEY), "$defs expectHost"},
    {EXPECT("\"query\":\"a\"," KEY), "$defs expectQuery"},
    {EXPECT("\"log\":\"a\"," KEY), "$defs expectLog"},
    {EXPECT("\"ends\":\"a\"," KEY), "$defs expectEnd"},
    {EXPECT("\"provider\":\"a\"," KEY), "$defs expectProvider"},
};

static const cJSON *walk(const cJSON *json, const char *path)
{
    struct slice rest = slice_of(path);
    struct slice step;
    while (rest.len > 0 && slice_split(&rest, ' ', &step)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", SLICE_ARG(step));
        json = cJSON_IsArray(json) ? cJSON_GetArrayItem(json, name[0] - '0')
                                   : cJSON_GetObjectItemCaseSensitive(json, name);
    }
    return cJSON_GetObjectItemCaseSensitive(json, "properties");
}

static bool list_has(struct slice list, const char *key)
{
    struct slice one;
    while (list.len > 0 && slice_split(&list, ',', &one)) {
        if (slice_is(slice_trim(one), key))
            return true;
    }
    return false;
}

static cJSON *read_schema(void)
{
    struct buf text;
    struct err err;
    buf_init(&text, 1000000);
    ck_assert_int_eq(file_read("scenarios/schema.json", &text, &err), 0);
    cJSON *schema = cJSON_ParseWithLength(text.data, text.len);
    ck_assert_ptr_nonnull(schema);
    buf_deinit(&text);
    return schema;
}

START_TEST(test_schema_and_loader_know_the_same_keys)
{
    static const char MARK[] = "known here: ";
    cJSON *schema = read_schema();
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        const char *error = error_of(PLACES[i].scenario);
        fx.count = 0;
        const char *mark = strstr(error, MARK);
        ck_assert_msg(mark != NULL, "%s: %s", PLACES[i].properties, error);
        struct slice known = slice_of(mark + strlen(MARK));
        const cJSON *properties = walk(schema, PLACES[i].properties);
        ck_assert_msg(cJSON_IsObject(properties), "the schema has no %s", PLACES[i].properties);
        const cJSON *property = NULL;
        cJSON_ArrayForEach(property, properties)
        {
            ck_assert_msg(list_has(known, property->string), "%s: the loader does not know \"%s\"",
                          PLACES[i].properties, property->string);
        }
        struct slice key;
        struct slice rest = known;
        while (rest.len > 0 && slice_split(&rest, ',', &key)) {
            char name[64];
            struct slice plain = slice_trim(key);
            snprintf(name, sizeof name, "%.*s", SLICE_ARG(plain));
            ck_assert_msg(cJSON_GetObjectItemCaseSensitive(properties, name) != NULL,
                          "%s: the schema does not know \"%s\"", PLACES[i].properties, name);
        }
    }
    cJSON_Delete(schema);
    done();
}
END_TEST

/* Every property says what it is, so that editors can explain it. */
static void check_described(const cJSON *json, const char *path)
{
    const cJSON *child = NULL;
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(json, "properties");
    cJSON_ArrayForEach(child, properties)
    {
        ck_assert_msg(cJSON_HasObjectItem(child, "description") ||
                          cJSON_HasObjectItem(child, "$ref") || cJSON_HasObjectItem(child, "const"),
                      "%s.%s has no description", path, child->string);
    }
    cJSON_ArrayForEach(child, json)
    {
        if (child->child != NULL)
            check_described(child, child->string != NULL ? child->string : path);
    }
}

START_TEST(test_every_property_is_described)
{
    cJSON *schema = read_schema();
    check_described(schema, "$");
    cJSON_Delete(schema);
}
END_TEST

UNIT_MAIN(test_schema_and_loader_know_the_same_keys, test_every_property_is_described)
