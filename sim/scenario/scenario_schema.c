#include "sim/scenario/scenario_schema.h"

#include <string.h>

#include "mta-under-test/base/slice.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

struct scenario_schema_walker {
    const cJSON *schema;
    scenario_schema_meet *meet;
    void *context;
};

static const cJSON *scenario_schema_member(const cJSON *object, struct slice key)
{
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, object)
    {
        if (child->string != NULL && slice_is(key, child->string))
            return child;
    }
    return NULL;
}

static const cJSON *scenario_schema_step(const cJSON *json, struct slice key)
{
    uint64_t index = 0;
    if (cJSON_IsArray(json) && text_to_u64(key, &index) == 0)
        return cJSON_GetArrayItem(json, (int)index);
    return scenario_schema_member(json, key);
}

const cJSON *scenario_schema_node(const cJSON *schema, const char *path)
{
    struct slice rest = slice_of(path);
    struct slice step;
    const cJSON *node = schema;
    while (node != NULL && rest.len > 0 && slice_split(&rest, ' ', &step))
        node = scenario_schema_step(node, step);
    return node;
}

const cJSON *scenario_schema_follow(const cJSON *schema, const cJSON *node)
{
    static const char PREFIX[] = "#/$defs/";
    const cJSON *ref = scenario_schema_member(node, SLICE("$ref"));
    if (ref == NULL || strncmp(ref->valuestring, PREFIX, sizeof PREFIX - 1) != 0)
        return node;
    const cJSON *defs = scenario_schema_member(schema, SLICE("$defs"));
    return scenario_schema_member(defs, slice_of(ref->valuestring + sizeof PREFIX - 1));
}

static bool scenario_schema_is_type(const char *type, const cJSON *value)
{
    struct slice name = slice_of(type);
    return (slice_is(name, "string") && cJSON_IsString(value)) ||
           (slice_is(name, "object") && cJSON_IsObject(value)) ||
           (slice_is(name, "array") && cJSON_IsArray(value)) ||
           (slice_is(name, "boolean") && cJSON_IsBool(value)) ||
           ((slice_is(name, "integer") || slice_is(name, "number")) && cJSON_IsNumber(value));
}

/* A "type" is a word or a list of them. */
static bool scenario_schema_has_type(const cJSON *type, const cJSON *value)
{
    const cJSON *one = NULL;
    if (type == NULL)
        return true;
    if (cJSON_IsString(type))
        return scenario_schema_is_type(type->valuestring, value);
    cJSON_ArrayForEach(one, type)
    {
        if (scenario_schema_is_type(one->valuestring, value))
            return true;
    }
    return false;
}

static bool scenario_schema_is_one_of(const cJSON *list, const cJSON *value)
{
    const cJSON *one = NULL;
    cJSON_ArrayForEach(one, list)
    {
        if (cJSON_Compare(one, value, true))
            return true;
    }
    return false;
}

/* Whether an object has all that the node requires, and nothing that it does not know. */
static bool scenario_schema_fits_object(const cJSON *node, const cJSON *value)
{
    const cJSON *properties = scenario_schema_member(node, SLICE("properties"));
    const cJSON *required = scenario_schema_member(node, SLICE("required"));
    const cJSON *one = NULL;
    cJSON_ArrayForEach(one, required)
    {
        if (scenario_schema_member(value, slice_of(one->valuestring)) == NULL)
            return false;
    }
    if (!cJSON_IsFalse(scenario_schema_member(node, SLICE("additionalProperties"))))
        return true;
    cJSON_ArrayForEach(one, value)
    {
        if (scenario_schema_member(properties, slice_of(one->string)) == NULL)
            return false;
    }
    return true;
}

/* Whether the value is what a node is about, as far as it takes to choose between alternatives. */
static bool scenario_schema_fits(const cJSON *schema, const cJSON *reference, const cJSON *value)
{
    const cJSON *node = scenario_schema_follow(schema, reference);
    const cJSON *alternatives = scenario_schema_member(node, SLICE("anyOf"));
    const cJSON *words = scenario_schema_member(node, SLICE("enum"));
    const cJSON *word = scenario_schema_member(node, SLICE("const"));
    const cJSON *one = NULL;
    if (!scenario_schema_has_type(scenario_schema_member(node, SLICE("type")), value) ||
        (word != NULL && !cJSON_Compare(word, value, true)) ||
        (words != NULL && !scenario_schema_is_one_of(words, value)) ||
        (cJSON_IsObject(value) && !scenario_schema_fits_object(node, value)))
        return false;
    cJSON_ArrayForEach(one, alternatives)
    {
        if (scenario_schema_fits(schema, one, value))
            return true;
    }
    return alternatives == NULL;
}

static void scenario_schema_visit(const struct scenario_schema_walker *walker, const cJSON *node,
                                  const cJSON *value);

/* The members of an object, each by its own property or by what holds for all others. */
static void scenario_schema_visit_members(const struct scenario_schema_walker *walker,
                                          const cJSON *node, const cJSON *object)
{
    const cJSON *properties = scenario_schema_member(node, SLICE("properties"));
    const cJSON *others = scenario_schema_member(node, SLICE("additionalProperties"));
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, object)
    {
        const cJSON *property = scenario_schema_member(properties, slice_of(member->string));
        if (property == NULL)
            property = others;
        if (cJSON_IsObject(property))
            scenario_schema_visit(walker, property, member);
    }
}

static void scenario_schema_visit(const struct scenario_schema_walker *walker, const cJSON *node,
                                  const cJSON *value)
{
    const cJSON *target = scenario_schema_follow(walker->schema, node);
    const cJSON *items = scenario_schema_member(node, SLICE("items"));
    const cJSON *alternatives = scenario_schema_member(node, SLICE("anyOf"));
    const cJSON *one = NULL;
    walker->meet(walker->context, node, value);
    if (target != node && target != NULL)
        scenario_schema_visit(walker, target, value);
    if (cJSON_IsObject(value))
        scenario_schema_visit_members(walker, node, value);
    if (cJSON_IsArray(value) && items != NULL) {
        cJSON_ArrayForEach(one, value)
        {
            scenario_schema_visit(walker, items, one);
        }
    }
    cJSON_ArrayForEach(one, alternatives)
    {
        if (scenario_schema_fits(walker->schema, one, value))
            scenario_schema_visit(walker, one, value);
    }
}

void scenario_schema_walk(const cJSON *schema, const cJSON *node, const cJSON *value,
                          scenario_schema_meet *meet, void *context)
{
    const struct scenario_schema_walker walker = {schema, meet, context};
    scenario_schema_visit(&walker, node, value);
}
