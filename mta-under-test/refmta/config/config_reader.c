#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { KEYS_MAX = 64, HOSTNAME_BYTES_MAX = 253, LABEL_BYTES_MAX = 63 };

int config_expected(struct config_reader *reader, const cJSON *value, const char *path,
                    const char *expected)
{
    struct buf shown;
    buf_init(&shown, 256);
    if (cJSON_IsString(value)) {
        buf_add_char(&shown, '"');
        text_to_printable(&shown, slice_of(value->valuestring), 60);
        buf_add_char(&shown, '"');
    } else if (cJSON_IsArray(value) || cJSON_IsObject(value)) {
        buf_add_text(&shown, cJSON_IsArray(value) ? "a list" : "an object");
    } else {
        char *found = cJSON_PrintUnformatted(value);
        text_to_printable(&shown, slice_of(found), 60);
        cJSON_free(found);
    }
    err_set(reader->err, "%s: %s%sexpected %s, found %s", reader->name, path,
            *path != '\0' ? ": " : "", expected, buf_text(&shown));
    buf_deinit(&shown);
    return -1;
}

static int unknown_key(struct config_reader *reader, const char *path, const char *key,
                       const struct config_key *keys)
{
    const char *names[KEYS_MAX + 1] = {NULL};
    for (size_t i = 0; i < KEYS_MAX && keys[i].name != NULL; i++)
        names[i] = keys[i].name;
    const char *nearest = text_nearest(key, names);
    struct buf shown;
    buf_init(&shown, 256);
    text_to_printable(&shown, slice_of(key), 60);
    err_set(reader->err, "%s: %s%s%s: unknown key%s%s%s", reader->name, path,
            *path != '\0' ? "." : "", buf_text(&shown), nearest != NULL ? ", did you mean \"" : "",
            nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    buf_deinit(&shown);
    return -1;
}

int config_read_object(struct config_reader *reader, const cJSON *value, const char *path,
                       const struct config_key *keys, void *target)
{
    bool seen[KEYS_MAX] = {false};
    if (!cJSON_IsObject(value))
        return config_expected(reader, value, path, "an object");
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, value)
    {
        size_t i = 0;
        while (keys[i].name != NULL && strcmp(keys[i].name, child->string) != 0)
            i++;
        if (keys[i].name == NULL)
            return unknown_key(reader, path, child->string, keys);
        const char *place =
            arena_format(reader->arena, "%s%s%s", path, *path != '\0' ? "." : "", keys[i].name);
        if (seen[i])
            return err_set(reader->err, "%s: %s: stands twice", reader->name, place);
        seen[i] = true;
        if (keys[i].read(reader, child, place, target) != 0)
            return -1;
    }
    return 0;
}

int config_read_text(struct config_reader *reader, const cJSON *value, const char *path,
                     const char **out)
{
    if (!cJSON_IsString(value) || *value->valuestring == '\0')
        return config_expected(reader, value, path, "a text");
    *out = arena_text(reader->arena, value->valuestring);
    return 0;
}

int config_read_span(struct config_reader *reader, const cJSON *value, const char *path,
                     int64_t *out)
{
    if (!cJSON_IsString(value) || time_span_from_text(slice_of(value->valuestring), out) != 0)
        return config_expected(reader, value, path, "a span of time like \"5m\" or \"2h\"");
    return 0;
}

int config_read_size(struct config_reader *reader, const cJSON *value, const char *path,
                     uint64_t *out)
{
    static const struct {
        const char *unit;
        unsigned shift;
    } UNITS[] = {{"GB", 30}, {"MB", 20}, {"kB", 10}, {"KB", 10}, {"B", 0}};
    if (cJSON_IsNumber(value) && value->valuedouble >= 1 && value->valuedouble < 1e12) {
        *out = (uint64_t)value->valuedouble;
        return 0;
    }
    struct slice text = cJSON_IsString(value) ? slice_of(value->valuestring) : SLICE("");
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (!slice_ends_with_nocase(text, slice_of(UNITS[i].unit)))
            continue;
        struct slice digits = slice_trim(slice_first(text, text.len - strlen(UNITS[i].unit)));
        if (text_to_u64(digits, out) != 0 || *out == 0 || *out > 1000000000)
            break;
        *out <<= UNITS[i].shift;
        return 0;
    }
    return config_expected(reader, value, path, "a size like \"25MB\"");
}

int config_read_whole(struct config_reader *reader, const cJSON *value, const char *path,
                      unsigned min, unsigned max, unsigned *out)
{
    double number = cJSON_IsNumber(value) ? value->valuedouble : -1;
    if (number < min || number > max || (double)(unsigned)number < number)
        return config_expected(
            reader, value, path,
            arena_format(reader->arena, "a whole number from %u to %u", min, max));
    *out = (unsigned)number;
    return 0;
}

int config_read_word(struct config_reader *reader, const cJSON *value, const char *path,
                     const char *const *words, unsigned *out)
{
    struct buf expected;
    if (cJSON_IsString(value)) {
        for (unsigned i = 0; words[i] != NULL; i++) {
            if (strcmp(words[i], value->valuestring) == 0) {
                *out = i;
                return 0;
            }
        }
    }
    buf_init(&expected, 512);
    for (unsigned i = 0; words[i] != NULL; i++)
        buf_format(&expected, "%s\"%s\"", i > 0 ? " or " : "", words[i]);
    int result = config_expected(reader, value, path, buf_text(&expected));
    buf_deinit(&expected);
    return result;
}

static bool is_hostname(struct slice name)
{
    struct slice label;
    if (name.len == 0 || name.len > HOSTNAME_BYTES_MAX)
        return false;
    while (slice_split(&name, '.', &label)) {
        if (label.len == 0 || label.len > LABEL_BYTES_MAX || label.data[0] == '-' ||
            label.data[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++)
            if (!text_is_alnum(label.data[i]) && label.data[i] != '-')
                return false;
    }
    return true;
}

int config_read_hostname(struct config_reader *reader, const cJSON *value, const char *path,
                         const char **out)
{
    if (!cJSON_IsString(value) || !is_hostname(slice_of(value->valuestring)))
        return config_expected(reader, value, path, "a host name like \"mail.example.org\"");
    char *name = arena_text(reader->arena, value->valuestring);
    text_to_lower(name);
    *out = name;
    return 0;
}

int config_read_array(struct config_reader *reader, const cJSON *value, const char *path,
                      const struct config_array *into)
{
    if (!cJSON_IsArray(value))
        return config_expected(reader, value, path, "a list");
    size_t total = (size_t)cJSON_GetArraySize(value);
    char *array = arena_alloc_array(reader->arena, total > 0 ? total : 1, into->size);
    size_t index = 0;
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, value)
    {
        const char *place = arena_format(reader->arena, "%s[%zu]", path, index);
        if (into->read(reader, child, place, array + index * into->size) != 0)
            return -1;
        index++;
    }
    *into->items = array;
    *into->count = total;
    return 0;
}

int config_read_flag(struct config_reader *reader, const cJSON *value, const char *path, bool *out)
{
    if (!cJSON_IsBool(value))
        return config_expected(reader, value, path, "true or false");
    *out = cJSON_IsTrue(value);
    return 0;
}

static int syntax_error(struct config_reader *reader, struct slice json, const char *at)
{
    size_t line = 1;
    size_t column = 1;
    for (const char *p = json.data; p < json.data + json.len && p < at; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n' ? 1 : 0;
    }
    return err_set(reader->err, "%s:%zu:%zu: this is not JSON from here on", reader->name, line,
                   column);
}

cJSON *config_read_json(struct config_reader *reader, struct slice json)
{
    const char *end = NULL;
    if (json.len == 0) {
        err_set(reader->err, "%s: is empty", reader->name);
        return NULL;
    }
    cJSON *root = cJSON_ParseWithLengthOpts(json.data, json.len, &end, 0);
    bool is_whole =
        root != NULL && slice_trim(slice_from(end, (size_t)(json.data + json.len - end))).len == 0;
    if (is_whole)
        return root;
    cJSON_Delete(root);
    syntax_error(reader, json, end);
    return NULL;
}
