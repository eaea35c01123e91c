/* The JSON Schema knows the same keys as the loader: asked at each place with a key that is none.
 */
#include "tests/unit/sim/scenario/scenario_fixture.h"

#include <cjson/cJSON.h>

#include "sim/dns/dns_fault.h"
#include "sim/mx/mx_action.h"
#include "sim/mx/mx_key.h"
#include "sim/mx/mx_stage.h"
#include "sim/net/net_condition.h"
#include "sim/policy/policy_fault.h"
#include "sim/provider/provider_settings.h"
#include "sim/scenario/scenario_schema.h"
#include "sim/tls/tls_identity.h"
#include "sim/tls/tls_tlsa.h"

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

#define PROVIDER(text) "{\"name\":\"x\",\"providers\":{\"p\":{" text "}}," PROVIDER_HOST "}"
#define PROVIDER_HOST "\"hosts\":{\"mx.a.test\":{\"provider\":\"p\"}}"
#define REPUTATION(text) PROVIDER("\"reputation\":{" text "}")
/* Where a key stands: its default, and another value, as JSON. In the scenario "@" is the key with
 * its value. */
static const struct {
    const char *scenario;
    const char *properties;
    const char *key;
    const char *usual;
    const char *other;
} DEFAULTS[] = {
    {REPUTATION("@"), "$defs provider properties reputation", "start", "60", "61"},
    {PROVIDER("\"placement\":{@}"), "$defs provider properties placement", "inbox", "60", "61"},
    {PROVIDER("\"placement\":{@}"), "$defs provider properties placement", "junk", "30", "31"},
    {PROVIDER("\"placement\":{@}"), "$defs provider properties placement", "deferred", "10", "11"},
    {PROVIDER("\"warm-up\":{\"by\":\"ip\",@}"), "$defs provider properties warm-up", "start", "200",
     "201"},
    {PROVIDER("\"warm-up\":{\"by\":\"ip\",@}"), "$defs provider properties warm-up", "growth",
     "200", "210"},
    {HOST("{\"tls\":{@}}"), "$defs tls", "identity", "\"valid\"", "\"expired\""},
    {HOST("{\"network\":{\"is\":\"stalls\",@}}"), "$defs network anyOf 1", "every", "\"64KiB\"",
     "\"65KiB\""},
    {HOST("{\"network\":{\"is\":\"black-hole\",@}}"), "$defs network anyOf 1", "packet", "1280",
     "1300"},
    {"{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{}},\"expect\":[{\"is\":\"delivered\"}],"
     "\"messages\":[{\"to\":\"b@a.test\",@}]}",
     "$defs message", "pipelining", "false", "true"},
    {"{\"name\":\"x\",\"clock\":{@}}", "$defs clock", "limit", "\"7d\"", "\"8d\""},
    {"{\"name\":\"x\",\"clock\":{@}}", "$defs clock", "settle", "\"1h\"", "\"2h\""},
    {"{\"name\":\"x\",\"dns\":{\"zones\":{\"a.test\":[\"@ A 198.18.9.9\"]},@}}", "$defs dns", "ttl",
     "\"5m\"", "\"6m\""},
};

/* The plan of a scenario in words, with KEY: VALUE in the place of the last "@"; without the key
 * and the comma before it where `value` is NULL. */
static char *explained(const char *scenario, const char *key, const char *value)
{
    struct buf text;
    struct buf plan;
    const char *mark = strrchr(scenario, '@');
    bool comma = mark[-1] == ',' && value == NULL;
    buf_init(&text, 10000);
    buf_init(&plan, 100000);
    buf_add(&text, scenario, (size_t)(mark - scenario) - (comma ? 1 : 0));
    if (value != NULL)
        buf_format(&text, "\"%s\":%s", key, value);
    buf_add_text(&text, mark + 1);
    scenario_explain(load_one(buf_text(&text)), &plan);
    done();
    buf_deinit(&text);
    return buf_take(&plan);
}

START_TEST(test_defaults_are_those_of_the_loader)
{
    cJSON *schema = read_schema();
    for (size_t i = 0; i < sizeof DEFAULTS / sizeof DEFAULTS[0]; i++) {
        const char *key = DEFAULTS[i].key;
        char *without = explained(DEFAULTS[i].scenario, key, NULL);
        char *usual = explained(DEFAULTS[i].scenario, key, DEFAULTS[i].usual);
        char *other = explained(DEFAULTS[i].scenario, key, DEFAULTS[i].other);
        ck_assert_msg(strcmp(without, usual) == 0, "%s is not %s", key, DEFAULTS[i].usual);
        ck_assert_msg(strcmp(without, other) != 0, "%s shows in no plan", key);
        const cJSON *property =
            cJSON_GetObjectItemCaseSensitive(walk(schema, DEFAULTS[i].properties), key);
        const char *about =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(property, "description"));
        struct slice bare = slice_of(DEFAULTS[i].usual);
        if (bare.data[0] == '"')
            bare = slice_first(slice_skip(bare, 1), bare.len - 2);
        char *told = mem_text_format("Default %.*s", SLICE_ARG(bare));
        ck_assert_msg(about != NULL && strstr(about, told) != NULL, "%s.%s: no \"%s\" in \"%s\"",
                      DEFAULTS[i].properties, key, told, about);
        free(told);
        free(without);
        free(usual);
        free(other);
    }
    cJSON_Delete(schema);
}
END_TEST

#define WORD(name, word) word,
static const char *const KEY_WORDS[] = {MX_KEY_PARTS(WORD) NULL};
static const char *const POLICY_WORDS[] = {POLICY_FAULTS(WORD) NULL};

/* Whether a list of alternatives has the word, with a sentence about it. */
static bool schema_has_word(const cJSON *list, const char *word)
{
    const cJSON *one = NULL;
    cJSON_ArrayForEach(one, list)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "const"));
        if (name != NULL && strcmp(name, word) == 0)
            return cJSON_HasObjectItem(one, "description");
    }
    return false;
}

/* All words of the NULL-terminated list, and no others; but `but`, which has a form of its own. */
static void check_words(const cJSON *schema, const char *path, const char *const *words,
                        const char *but)
{
    const cJSON *list = scenario_schema_node(schema, path);
    const cJSON *one = NULL;
    size_t count = 0;
    for (; *words != NULL; words++) {
        if (but != NULL && strcmp(*words, but) == 0)
            continue;
        ck_assert_msg(schema_has_word(list, *words), "%s lacks \"%s\"", path, *words);
        count++;
    }
    cJSON_ArrayForEach(one, list)
    {
        count -= cJSON_HasObjectItem(one, "const") ? 1 : 0;
    }
    ck_assert_msg(count == 0, "%s has words that the loader does not know", path);
}

START_TEST(test_schema_and_loader_know_the_same_words)
{
    const char *answers[DNS_FAULT_ANSWER_COUNT + 1] = {NULL};
    cJSON *schema = read_schema();
    for (size_t i = 0; i < DNS_FAULT_ANSWER_COUNT; i++)
        answers[i] = dns_fault_answer_name((enum dns_fault_answer)i);
    check_words(schema, "$defs fault properties answer anyOf", answers, NULL);
    check_words(schema, "$defs stage anyOf", MX_STAGE_WORDS, NULL);
    check_words(schema, "$defs key anyOf", KEY_WORDS, NULL);
    check_words(schema, "$defs then properties corrupt anyOf", MX_SPOIL_WORDS, "none");
    check_words(schema, "$defs then properties tls anyOf", MX_TLS_FAULT_WORDS, "none");
    check_words(schema, "$defs networkKind anyOf", NET_CONDITION_WORDS, NULL);
    check_words(schema, "$defs tlsIdentity anyOf", TLS_IDENTITY_WORDS, NULL);
    check_words(schema, "$defs policyFaultKind anyOf", POLICY_WORDS, "status");
    check_words(schema, "$defs tlsa anyOf 1 properties of anyOf", TLS_TLSA_SUBJECT_WORDS, NULL);
    check_words(schema, "$defs provider properties rules items properties needs anyOf",
                PROVIDER_NEED_WORDS, NULL);
    cJSON_Delete(schema);
}
END_TEST

UNIT_MAIN(test_schema_and_loader_know_the_same_keys, test_schema_and_loader_know_the_same_words,
          test_every_property_is_described, test_defaults_are_those_of_the_loader)
