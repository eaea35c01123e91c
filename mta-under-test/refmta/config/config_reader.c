#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { KEYS_MAX = 64, HOSTNAME_BYTES_MAX = 253, LABEL_BYTES_MAX = 63, FOUND_BYTES_MAX = 60 };

int config_mistake(struct config_reader *reader, const char *path, const char *format, ...)
{
    va_list args;
    struct buf text;
    buf_init(&text, ERR_TEXT_BYTES);
    va_start(args, format);
    buf_vformat(&text, format, args);
    va_end(args);
    buf_format(reader->mistakes, "%s%s: %s%s%s", reader->mistakes->len > 0 ? "\n" : "",
               reader->name, path, *path != '\0' ? ": " : "", buf_text(&text));
    buf_deinit(&text);
    return -1;
}

static int expected(struct config_reader *reader, const cJSON *value, const char *path,
                    const char *what)
{
    struct buf shown;
    buf_init(&shown, 256);
    if (cJSON_IsString(value)) {
        buf_add_char(&shown, '"');
        text_to_printable(&shown, slice_of(value->valuestring), FOUND_BYTES_MAX);
        buf_add_char(&shown, '"');
    } else if (cJSON_IsArray(value) || cJSON_IsObject(value)) {
        buf_add_text(&shown, cJSON_IsArray(value) ? "a list" : "an object");
    } else {
        char *found = cJSON_PrintUnformatted(value);
        text_to_printable(&shown, slice_of(found), FOUND_BYTES_MAX);
        cJSON_free(found);
    }
    config_mistake(reader, path, "expected %s, found %s", what, buf_text(&shown));
    buf_deinit(&shown);
    return -1;
}

static int unknown_key(struct config_reader *reader, const char *path, const char *name,
                       const struct config_key *keys)
{
    const char *names[KEYS_MAX + 1] = {NULL};
    for (size_t i = 0; i < KEYS_MAX && keys[i].name != NULL; i++)
        names[i] = keys[i].name;
    const char *nearest = text_nearest(name, names);
    struct buf place;
    buf_init(&place, 1024);
    buf_format(&place, "%s%s", path, *path != '\0' ? "." : "");
    text_to_printable(&place, slice_of(name), FOUND_BYTES_MAX);
    config_mistake(reader, buf_text(&place), "unknown key%s%s%s",
                   nearest != NULL ? ", did you mean \"" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "\"?" : "");
    buf_deinit(&place);
    return -1;
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

static int size_from_text(struct slice text, uint64_t *out)
{
    static const struct {
        const char *unit;
        unsigned shift;
    } UNITS[] = {{"GB", 30}, {"MB", 20}, {"kB", 10}, {"KB", 10}, {"B", 0}};
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (!slice_ends_with_nocase(text, slice_of(UNITS[i].unit)))
            continue;
        struct slice digits = slice_trim(slice_first(text, text.len - strlen(UNITS[i].unit)));
        if (text_to_u64(digits, out) != 0 || *out == 0 || *out > 1000000000)
            return -1;
        *out <<= UNITS[i].shift;
        return 0;
    }
    return -1;
}

/* How each type is read. All have one signature; `out` is the member itself. */
#define READER(name)                                                                    \
    static int name(struct config_reader *reader, const cJSON *value, const char *path, \
                    const struct config_key *key, void *out)

READER(read_text)
{
    (void)key;
    if (!cJSON_IsString(value) || *value->valuestring == '\0')
        return expected(reader, value, path, "a text");
    *(const char **)out = arena_text(reader->arena, value->valuestring);
    return 0;
}

READER(read_hostname)
{
    (void)key;
    if (!cJSON_IsString(value) || !is_hostname(slice_of(value->valuestring)))
        return expected(reader, value, path, "a host name like \"mail.example.org\"");
    char *name = arena_text(reader->arena, value->valuestring);
    text_to_lower(name);
    *(const char **)out = name;
    return 0;
}

READER(read_flag)
{
    (void)key;
    if (!cJSON_IsBool(value))
        return expected(reader, value, path, "true or false");
    *(bool *)out = cJSON_IsTrue(value);
    return 0;
}

READER(read_whole)
{
    double number = cJSON_IsNumber(value) ? value->valuedouble : -1;
    if (number < key->min || number > key->max || (double)(unsigned)number < number)
        return expected(
            reader, value, path,
            arena_format(reader->arena, "a whole number from %u to %u", key->min, key->max));
    *(unsigned *)out = (unsigned)number;
    return 0;
}

READER(read_port)
{
    unsigned number = 0;
    if (read_whole(reader, value, path, key, &number) != 0)
        return -1;
    *(uint16_t *)out = (uint16_t)number;
    return 0;
}

READER(read_size)
{
    uint64_t *bytes = out;
    (void)key;
    if (cJSON_IsNumber(value) && value->valuedouble >= 1 && value->valuedouble < 1e12) {
        *bytes = (uint64_t)value->valuedouble;
        return 0;
    }
    if (!cJSON_IsString(value) || size_from_text(slice_of(value->valuestring), bytes) != 0)
        return expected(reader, value, path, "a size like \"25MB\"");
    return 0;
}

READER(read_span)
{
    (void)key;
    if (!cJSON_IsString(value) || time_span_from_text(slice_of(value->valuestring), out) != 0)
        return expected(reader, value, path, "a span of time like \"5m\" or \"2h\"");
    return 0;
}

READER(read_span_or_never)
{
    (void)key;
    if (cJSON_IsString(value) && strcmp(value->valuestring, "never") == 0) {
        *(int64_t *)out = 0;
        return 0;
    }
    if (!cJSON_IsString(value) || time_span_from_text(slice_of(value->valuestring), out) != 0)
        return expected(reader, value, path, "a span of time like \"5m\" or \"2h\", or \"never\"");
    return 0;
}

READER(read_word)
{
    struct buf what;
    for (unsigned i = 0; cJSON_IsString(value) && key->words[i] != NULL; i++) {
        if (strcmp(key->words[i], value->valuestring) == 0) {
            *(unsigned *)out = i;
            return 0;
        }
    }
    buf_init(&what, 1024);
    for (unsigned i = 0; key->words[i] != NULL; i++)
        buf_format(&what, "%s\"%s\"", i > 0 ? " or " : "", key->words[i]);
    expected(reader, value, path, buf_text(&what));
    buf_deinit(&what);
    return -1;
}

READER(read_address)
{
    (void)key;
    if (!cJSON_IsString(value) || ip_address_from_text(slice_of(value->valuestring), out) != 0)
        return expected(reader, value, path, "an IPv4 or IPv6 address");
    return 0;
}

READER(read_network)
{
    (void)key;
    if (!cJSON_IsString(value) || ip_network_from_text(slice_of(value->valuestring), out) != 0)
        return expected(reader, value, path, "a network like \"192.0.2.0/24\"");
    return 0;
}

READER(read_endpoint)
{
    if (!cJSON_IsString(value) ||
        ip_endpoint_from_text(slice_of(value->valuestring), (uint16_t)key->port, out) != 0)
        return expected(reader, value, path,
                        "an address like \"192.0.2.53\" or \"[2001:db8::53]:53\"");
    return 0;
}

READER(read_parsed)
{
    if (!cJSON_IsString(value) || key->parse(slice_of(value->valuestring), out) != 0)
        return expected(reader, value, path, key->form);
    return 0;
}

static int read_keys(struct config_reader *reader, const cJSON *value, const char *path,
                     const struct config_object *object, void *target);

READER(read_object)
{
    return read_keys(reader, value, path, key->object, out);
}

static const struct {
    size_t size; /* of the member */
    int (*read)(struct config_reader *reader, const cJSON *value, const char *path,
                const struct config_key *key, void *out);
} TYPES[] = {
    [CONFIG_TYPE_TEXT] = {sizeof(const char *), read_text},
    [CONFIG_TYPE_FILE] = {sizeof(const char *), read_text},
    [CONFIG_TYPE_HOSTNAME] = {sizeof(const char *), read_hostname},
    [CONFIG_TYPE_FLAG] = {sizeof(bool), read_flag},
    [CONFIG_TYPE_WHOLE] = {sizeof(unsigned), read_whole},
    [CONFIG_TYPE_PORT] = {sizeof(uint16_t), read_port},
    [CONFIG_TYPE_SIZE] = {sizeof(uint64_t), read_size},
    [CONFIG_TYPE_SPAN] = {sizeof(int64_t), read_span},
    [CONFIG_TYPE_SPAN_OR_NEVER] = {sizeof(int64_t), read_span_or_never},
    [CONFIG_TYPE_WORD] = {sizeof(unsigned), read_word},
    [CONFIG_TYPE_ADDRESS] = {sizeof(struct ip_address), read_address},
    [CONFIG_TYPE_NETWORK] = {sizeof(struct ip_network), read_network},
    [CONFIG_TYPE_ENDPOINT] = {sizeof(struct ip_endpoint), read_endpoint},
    [CONFIG_TYPE_PARSED] = {0, read_parsed},
    [CONFIG_TYPE_OBJECT] = {0, read_object}, /* the object knows its size */
};

static void read_defaults(struct config_reader *reader, const struct config_object *object,
                          void *target);

static int read_list(struct config_reader *reader, const cJSON *value, const char *path,
                     const struct config_key *list, void *target)
{
    const struct config_object *object = list->object;
    size_t size = object != NULL ? object->size : TYPES[list->item_type].size;
    size_t index = 0;
    int result = 0;
    if (!cJSON_IsArray(value))
        return expected(reader, value, path, "a list");
    size_t count = (size_t)cJSON_GetArraySize(value);
    if (count < list->items_min)
        return config_mistake(reader, path, "needs at least %u", list->items_min);
    char *items = arena_alloc_array(reader->arena, count > 0 ? count : 1, size);
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, value)
    {
        const char *place = arena_format(reader->arena, "%s[%zu]", path, index);
        char *item = items + index++ * size;
        if (object != NULL)
            read_defaults(reader, object, item);
        if (TYPES[list->item_type].read(reader, child, place, list, item) != 0)
            result = -1;
    }
    memcpy((char *)target + list->offset, &items, sizeof items);
    memcpy((char *)target + list->count_offset, &count, sizeof count);
    return result;
}

static int read_key(struct config_reader *reader, const cJSON *value, const char *path,
                    const struct config_key *key, void *target)
{
    if (key->type == CONFIG_TYPE_LIST)
        return read_list(reader, value, path, key, target);
    return TYPES[key->type].read(reader, value, path, key, (char *)target + key->offset);
}

static void read_defaults(struct config_reader *reader, const struct config_object *object,
                          void *target)
{
    for (const struct config_key *key = object->keys; key->name != NULL; key++) {
        if (key->type == CONFIG_TYPE_OBJECT)
            read_defaults(reader, key->object, (char *)target + key->offset);
        if (key->fallback == NULL)
            continue;
        cJSON *value = cJSON_Parse(key->fallback);
        if (value == NULL || read_key(reader, value, key->name, key, target) != 0)
            abort(); /* the table itself is wrong */
        cJSON_Delete(value);
    }
}

static int check_needed(struct config_reader *reader, const char *path,
                        const struct config_key *keys, const bool *seen)
{
    int result = 0;
    for (size_t i = 0; keys[i].name != NULL; i++)
        if (keys[i].is_needed && !seen[i])
            result = config_mistake(reader, path, "needs \"%s\": %s", keys[i].name, keys[i].help);
    return result;
}

static int read_keys(struct config_reader *reader, const cJSON *value, const char *path,
                     const struct config_object *object, void *target)
{
    const struct config_key *keys = object->keys;
    bool seen[KEYS_MAX] = {false};
    int result = 0;
    if (!cJSON_IsObject(value))
        return expected(reader, value, path, "an object");
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, value)
    {
        size_t i = 0;
        while (keys[i].name != NULL && strcmp(keys[i].name, child->string) != 0)
            i++;
        if (keys[i].name == NULL) {
            result = unknown_key(reader, path, child->string, keys);
            continue;
        }
        const char *place =
            arena_format(reader->arena, "%s%s%s", path, *path != '\0' ? "." : "", keys[i].name);
        if (seen[i])
            result = config_mistake(reader, place, "stands twice");
        else if (read_key(reader, child, place, &keys[i], target) != 0)
            result = -1;
        seen[i] = true;
    }
    if (check_needed(reader, path, keys, seen) != 0)
        result = -1;
    if (result == 0 && object->check != NULL)
        result = object->check(reader, path, target);
    return result;
}

static int syntax_error(const struct config_document *document, const char *at,
                        struct config_reader *reader)
{
    size_t line = 1;
    size_t column = 1;
    const char *end = document->json.data + document->json.len;
    for (const char *p = document->json.data; p < end && p < at; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n' ? 1 : 0;
    }
    buf_format(reader->mistakes, "%s:%zu:%zu: this is not JSON from here on", document->name, line,
               column);
    return -1;
}

static int read_whole_document(const struct config_document *document,
                               const struct config_object *object, void *target,
                               struct config_reader *reader)
{
    struct slice json = document->json;
    const char *end = NULL;
    if (json.len == 0)
        return config_mistake(reader, "", "is empty");
    cJSON *root = cJSON_ParseWithLengthOpts(json.data, json.len, &end, 0);
    if (root == NULL)
        return syntax_error(document, end, reader);
    bool is_all = slice_trim(slice_from(end, (size_t)(json.data + json.len - end))).len == 0;
    int result =
        is_all ? read_keys(reader, root, "", object, target) : syntax_error(document, end, reader);
    cJSON_Delete(root);
    return result;
}

int config_read_document(const struct config_document *document, const struct config_object *object,
                         void *target, struct arena *arena, struct err *err)
{
    struct buf mistakes;
    buf_init(&mistakes, ERR_TEXT_BYTES - 1);
    struct config_reader reader = {.arena = arena, .name = document->name, .mistakes = &mistakes};
    read_defaults(&reader, object, target);
    int result = read_whole_document(document, object, target, &reader);
    if (result != 0)
        err_set(err, "%s", buf_text(&mistakes));
    buf_deinit(&mistakes);
    return result;
}
