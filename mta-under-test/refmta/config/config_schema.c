#include "mta-under-test/refmta/config/config_schema.h"

#include "mta-under-test/base/json_out.h"
#include "mta-under-test/refmta/config/config_table.h"

#include "mta-under-test/base/poison.h"

/* How a type is called in the table, and its form in JSON. The patterns allow no less than the
 * parser, but may allow more: a schema says the form, `refmta --check` the rest. */
static const struct {
    const char *name;
    const char *type;
    const char *pattern;
} FORMS[] = {
    [CONFIG_TYPE_TEXT] = {"text", "\"string\"", "."},
    [CONFIG_TYPE_FILE] = {"path", "\"string\"", "."},
    [CONFIG_TYPE_HOSTNAME] = {"host name", "\"string\"", "^[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*$"},
    [CONFIG_TYPE_FLAG] = {"`true`, `false`", "\"boolean\"", NULL},
    [CONFIG_TYPE_WHOLE] = {"number", "\"integer\"", NULL},
    [CONFIG_TYPE_PORT] = {"number", "\"integer\"", NULL},
    [CONFIG_TYPE_SIZE] = {"size", "[\"string\", \"integer\"]", "^[0-9]+ *[kKmMgG]?[bB]$"},
    [CONFIG_TYPE_SPAN] = {"span", "\"string\"", "^([0-9.]+(ms|s|m|h|d))+$|^0$"},
    [CONFIG_TYPE_SPAN_OR_NEVER] = {"span, `never`", "\"string\"",
                                   "^([0-9.]+(ms|s|m|h|d))+$|^0$|^never$"},
    [CONFIG_TYPE_WORD] = {"word", "\"string\"", NULL},
    [CONFIG_TYPE_ADDRESS] = {"address", "\"string\"", "^[0-9a-fA-F.:]+$"},
    [CONFIG_TYPE_NETWORK] = {"network", "\"string\"", "^[0-9a-fA-F.:]+(/[0-9]+)?$"},
    [CONFIG_TYPE_ENDPOINT] = {"address", "\"string\"", "^\\[?[0-9a-fA-F.:]+\\]?(:[0-9]+)?$"},
    [CONFIG_TYPE_PARSED] = {"text", "\"string\"", "."},
    [CONFIG_TYPE_OBJECT] = {"object", "\"object\"", NULL},
    [CONFIG_TYPE_LIST] = {"list", "\"array\"", NULL},
};

static void write_object(struct json_out *out, const struct config_object *object);

static void write_list(struct json_out *out, const struct config_key *key);

/* The form of a value, or of the items of a list. */
static void write_value(struct json_out *out, const struct config_key *key, enum config_type type)
{
    json_out_raw(out, "type", FORMS[type].type);
    if (FORMS[type].pattern != NULL)
        json_out_text(out, "pattern", FORMS[type].pattern);
    if (type == CONFIG_TYPE_WHOLE || type == CONFIG_TYPE_PORT) {
        json_out_int(out, "minimum", key->min);
        json_out_int(out, "maximum", key->max);
    }
    if (type == CONFIG_TYPE_WORD) {
        json_out_array(out, "enum");
        for (size_t i = 0; key->words[i] != NULL; i++)
            json_out_text(out, NULL, key->words[i]);
        json_out_end(out);
    }
    if (type == CONFIG_TYPE_OBJECT)
        write_object(out, key->object);
    if (type == CONFIG_TYPE_LIST)
        write_list(out, key);
}

static void write_list(struct json_out *out, const struct config_key *key)
{
    json_out_int(out, "minItems", key->items_min);
    json_out_object(out, "items");
    write_value(out, key, key->item_type);
    json_out_end(out);
}

static void write_object(struct json_out *out, const struct config_object *object)
{
    json_out_bool(out, "additionalProperties", false);
    json_out_array(out, "required");
    for (const struct config_key *key = object->keys; key->name != NULL; key++)
        if (key->is_needed)
            json_out_text(out, NULL, key->name);
    json_out_end(out);
    json_out_object(out, "properties");
    for (const struct config_key *key = object->keys; key->name != NULL; key++) {
        json_out_object(out, key->name);
        json_out_text(out, "description", key->help);
        if (key->fallback != NULL)
            json_out_raw(out, "default", key->fallback);
        write_value(out, key, key->type);
        json_out_end(out);
    }
    json_out_end(out);
}

void config_schema_write(struct buf *out)
{
    struct json_out json;
    json_out_init_pretty(&json, out);
    json_out_object(&json, NULL);
    json_out_text(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_out_text(&json, "title", "Configuration of refmta");
    json_out_text(&json, "type", "object");
    write_object(&json, &CONFIG_ROOT);
    json_out_end(&json);
    buf_add_char(out, '\n');
}

static void write_form(struct buf *out, const struct config_key *key)
{
    if (key->type == CONFIG_TYPE_WHOLE || key->type == CONFIG_TYPE_PORT) {
        buf_format(out, "%u to %u", key->min, key->max);
    } else if (key->type == CONFIG_TYPE_WORD) {
        for (size_t i = 0; key->words[i] != NULL; i++)
            buf_format(out, "%s`%s`", i > 0 ? ", " : "", key->words[i]);
    } else if (key->type == CONFIG_TYPE_LIST) {
        buf_format(out, "list of %s", FORMS[key->item_type].name);
    } else if (key->type == CONFIG_TYPE_PARSED) {
        buf_add_text(out, key->form);
    } else {
        buf_add_text(out, FORMS[key->type].name);
    }
}

static void write_rows(struct buf *out, const char *prefix, const struct config_object *object)
{
    for (const struct config_key *key = object->keys; key->name != NULL; key++) {
        buf_format(out, "| `%s%s` | ", prefix, key->name);
        write_form(out, key);
        if (key->fallback != NULL)
            buf_format(out, " | `%s`", key->fallback);
        else
            buf_add_text(out, key->is_needed ? " | needed" : " | ");
        buf_format(out, " | %s%s |\n", key->help,
                   key->is_fixed ? " (only a restart changes it)" : "");
        if (key->object == NULL)
            continue;
        char *inner = mem_text_format("%s%s%s.", prefix, key->name,
                                      key->type == CONFIG_TYPE_LIST ? "[]" : "");
        write_rows(out, inner, key->object);
        free(inner);
    }
}

void config_keys_write(struct buf *out)
{
    buf_add_text(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
    write_rows(out, "", &CONFIG_ROOT);
}
