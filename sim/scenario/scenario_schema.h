/*
 * A document beside its JSON Schema: which nodes of the schema the values of the document meet.
 * Knows what scenarios/schema.json is written with: $ref to $defs, type, properties, required,
 * additionalProperties, items, anyOf, const, enum. It does not validate: that is the loader's
 * business, whose documents are right.
 */
#pragma once

#include <cjson/cJSON.h>

/* Called for each node of the schema together with a value that it is about. A `$ref` is met
 * before what it points to; of `anyOf` those alternatives are met that fit. */
typedef void scenario_schema_meet(void *context, const cJSON *node, const cJSON *value);

/* Walks a value that is what `node` of the schema says; the schema itself is its topmost node. */
void scenario_schema_walk(const cJSON *schema, const cJSON *node, const cJSON *value,
                          scenario_schema_meet *meet, void *context);

/* The node that a "$ref" points to, else the node itself. */
const cJSON *scenario_schema_follow(const cJSON *schema, const cJSON *node);

/* The node at a path of keys and indexes, "$defs when properties"; NULL if it is not there. */
const cJSON *scenario_schema_node(const cJSON *schema, const char *path);
