#include "mta-under-test/refmta/config/config_change.h"

#include <cjson/cJSON.h>

#include "mta-under-test/refmta/config/config_table.h"

#include "mta-under-test/base/poison.h"

/* What the key has in this object: its value, else its default; NULL if it has neither. Release
 * with cJSON_Delete(). */
static cJSON *value_of(const cJSON *object, const struct config_key *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key->name);
    if (value != NULL)
        return cJSON_Duplicate(value, true);
    return key->fallback != NULL ? cJSON_Parse(key->fallback) : NULL;
}

static bool differs(const cJSON *before, const cJSON *after, const struct config_key *key)
{
    cJSON *old = value_of(before, key);
    cJSON *new = value_of(after, key);
    bool result = old == NULL || new == NULL ? old != new : !cJSON_Compare(old, new, true);
    cJSON_Delete(old);
    cJSON_Delete(new);
    return result;
}

static void compare(const cJSON *before, const cJSON *after, const struct config_object *object,
                    const char *prefix, struct buf *keys)
{
    for (const struct config_key *key = object->keys; key->name != NULL; key++) {
        if (key->is_fixed && differs(before, after, key))
            buf_format(keys, "%s\"%s%s\"", keys->len > 0 ? ", " : "", prefix, key->name);
        if (key->type != CONFIG_TYPE_OBJECT || key->is_fixed)
            continue;
        char *inner = mem_text_format("%s%s.", prefix, key->name);
        compare(cJSON_GetObjectItemCaseSensitive(before, key->name),
                cJSON_GetObjectItemCaseSensitive(after, key->name), key->object, inner, keys);
        free(inner);
    }
}

void config_change_fixed(const struct config *before, const struct config *after, struct buf *keys)
{
    cJSON *old = cJSON_Parse(before->source);
    cJSON *new = cJSON_Parse(after->source);
    compare(old, new, &CONFIG_ROOT, "", keys);
    cJSON_Delete(old);
    cJSON_Delete(new);
}
