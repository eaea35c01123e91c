#include "sim/value/spec.h"

#include <stdarg.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "sim/value/spec_document.h"
#include "sim/value/spec_scan.h"

#include "mta-under-test/base/poison.h"

/* ---- walking */

static bool key_is_plain(const char *key)
{
    if (!text_is_alpha(key[0]) && key[0] != '_')
        return false;
    for (; *key != '\0'; key++) {
        if (!text_is_alnum(*key) && *key != '_')
            return false;
    }
    return true;
}

static struct spec spec_member(struct spec object, const cJSON *json)
{
    struct arena *arena = &object.document->arena;
    const char *path = NULL;
    if (key_is_plain(json->string)) {
        path = arena_format(arena, "%s.%s", object.path, json->string);
    } else {
        struct buf key;
        buf_init(&key, 2000);
        text_to_printable(&key, slice_of(json->string), 300);
        path = arena_format(arena, "%s[\"%s\"]", object.path, buf_text(&key));
        buf_deinit(&key);
    }
    return (struct spec){object.document, json, path};
}

bool spec_get(struct spec object, const char *key, struct spec *member)
{
    if (!cJSON_IsObject(object.json))
        return false;
    const cJSON *json = cJSON_GetObjectItemCaseSensitive(object.json, key);
    if (json == NULL)
        return false;
    *member = spec_member(object, json);
    return true;
}

int spec_need(struct spec object, const char *key, struct spec *member, struct err *err)
{
    if (!cJSON_IsObject(object.json))
        return spec_expected(object, err, "an object");
    if (!spec_get(object, key, member))
        return spec_error(object, err, "\"%s\" is missing", key);
    return 0;
}

struct spec spec_of_child(struct spec container, const cJSON *child, size_t i)
{
    if (cJSON_IsObject(container.json))
        return spec_member(container, child);
    const char *path = arena_format(&container.document->arena, "%s[%zu]", container.path, i);
    return (struct spec){container.document, child, path};
}

static struct spec_cursor *spec_cursor(struct spec container)
{
    size_t slot = ((uintptr_t)container.json >> 4) % SPEC_CURSORS;
    struct spec_cursor *cursor = &container.document->cursors[slot];
    if (cursor->container != container.json) {
        *cursor = (struct spec_cursor){container.json, 0, 0, container.json->child};
        for (const cJSON *child = container.json->child; child != NULL; child = child->next)
            cursor->count++;
    }
    return cursor;
}

size_t spec_count(struct spec container)
{
    return spec_cursor(container)->count;
}

static const cJSON *spec_child(struct spec container, size_t i)
{
    struct spec_cursor *cursor = spec_cursor(container);
    if (i < cursor->index) {
        cursor->index = 0;
        cursor->child = container.json->child;
    }
    for (; cursor->index < i && cursor->child != NULL; cursor->index++)
        cursor->child = cursor->child->next;
    return cursor->child;
}

struct spec spec_at(struct spec container, size_t i)
{
    const cJSON *json = spec_child(container, i);
    if (json == NULL)
        abort(); /* the caller counts with spec_count() */
    return spec_of_child(container, json, i);
}

const char *spec_key_at(struct spec object, size_t i)
{
    const cJSON *json = spec_child(object, i);
    return json != NULL && json->string != NULL ? json->string : "";
}

int spec_check_keys(struct spec object, const char *const *keys, struct err *err)
{
    if (!cJSON_IsObject(object.json))
        return spec_expected(object, err, "an object");
    for (const cJSON *child = object.json->child; child != NULL; child = child->next) {
        const char *const *key = keys;
        while (*key != NULL && strcmp(*key, child->string) != 0)
            key++;
        if (*key != NULL)
            continue;
        struct spec member = spec_member(object, child);
        const char *nearest = text_nearest(child->string, keys);
        if (nearest != NULL)
            return spec_error(member, err, "unknown key; did you mean \"%s\"?", nearest);
        struct buf known;
        buf_init(&known, 1000);
        for (key = keys; *key != NULL; key++)
            buf_format(&known, "%s%s", key == keys ? "" : ", ", *key);
        spec_error(member, err, "unknown key; known here: %s", buf_text(&known));
        buf_deinit(&known);
        return -1;
    }
    return 0;
}

int spec_check_array(struct spec array, struct err *err)
{
    return cJSON_IsArray(array.json)
               ? 0
               : spec_expected(array, err, "an array, a list between \"[\" and \"]\"");
}

bool spec_equal(struct spec a, struct spec b)
{
    return cJSON_Compare(a.json, b.json, true) != 0;
}

bool spec_is_text(struct spec spec)
{
    return cJSON_IsString(spec.json);
}

bool spec_is_number(struct spec spec)
{
    return cJSON_IsNumber(spec.json);
}

bool spec_is_array(struct spec spec)
{
    return cJSON_IsArray(spec.json);
}

bool spec_is_object(struct spec spec)
{
    return cJSON_IsObject(spec.json);
}

bool spec_is_bool(struct spec spec)
{
    return cJSON_IsBool(spec.json);
}

/* ---- errors */

/* Writes "FILE:LINE: PATH"; a value that was made by the program has no line. */
static void spec_write_place(struct spec spec, struct buf *out)
{
    const struct spec_document *d = spec.document;
    if (d == NULL) {
        buf_add_text(out, "$");
        return;
    }
    const struct spec_mark *mark = spec_document_mark(d, spec.json);
    if (mark == NULL) {
        buf_format(out, "%s: %s", d->sources[0].name, spec.path);
        return;
    }
    const struct spec_source *source = &d->sources[mark->source];
    size_t line = 0;
    size_t column = 0;
    spec_scan_place(buf_slice(&source->text), mark->offset, &line, &column);
    buf_format(out, "%s:%zu: %s", source->name, line, spec.path);
}

int spec_error(struct spec spec, struct err *err, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct buf place;
    buf_init(&place, ERR_TEXT_BYTES);
    spec_write_place(spec, &place);
    err_set(err, "%s: %s", buf_text(&place), text);
    buf_deinit(&place);
    return -1;
}

int spec_no_file(struct spec spec, struct err *err, const char *path, const char *other)
{
    char *like = file_nearest(path);
    if (like == NULL && other != NULL)
        like = file_nearest(other);
    spec_error(spec, err, "no such file: %s%s%s%s%s%s%s%s", other != NULL ? "neither " : "", path,
               other != NULL ? " nor " : "", other != NULL ? other : "",
               other != NULL ? " is there" : "", like != NULL ? "; did you mean " : "",
               like != NULL ? file_name(like) : "", like != NULL ? "?" : "");
    free(like);
    return -1;
}

static void spec_write_found(struct spec spec, struct buf *out)
{
    const cJSON *json = spec.json;
    if (cJSON_IsString(json)) {
        buf_add_char(out, '"');
        text_to_printable(out, slice_of(json->valuestring), 60);
        buf_add_char(out, '"');
    } else if (cJSON_IsNumber(json)) {
        buf_format(out, "the number %.15g", json->valuedouble);
    } else if (cJSON_IsBool(json)) {
        buf_add_text(out, cJSON_IsTrue(json) ? "true" : "false");
    } else if (cJSON_IsArray(json)) {
        buf_add_text(out, json->child == NULL ? "an empty array" : "an array");
    } else {
        buf_add_text(out, cJSON_IsObject(json) ? "an object" : "null");
    }
}

int spec_expected(struct spec spec, struct err *err, const char *what)
{
    struct buf found;
    buf_init(&found, 500);
    spec_write_found(spec, &found);
    spec_error(spec, err, "expected %s, found %s", what, buf_text(&found));
    buf_deinit(&found);
    return -1;
}

int spec_unknown(struct spec spec, struct err *err, const char *noun, const char *const *words)
{
    struct buf text;
    buf_init(&text, 900);
    spec_write_found(spec, &text);
    buf_format(&text, ": no such %s; ", noun);
    const char *nearest =
        cJSON_IsString(spec.json) ? text_nearest(spec.json->valuestring, words) : NULL;
    if (nearest != NULL) {
        buf_format(&text, "did you mean \"%s\"?", nearest);
    } else if (words[0] == NULL) {
        buf_add_text(&text, "there is none at all");
    } else {
        buf_add_text(&text, "known are: ");
        for (const char *const *word = words; *word != NULL; word++)
            buf_format(&text, "%s%s", word == words ? "" : ", ", *word);
    }
    spec_error(spec, err, "%s", buf_text(&text));
    buf_deinit(&text);
    return -1;
}

const char *spec_place(struct spec spec, struct arena *arena)
{
    struct buf place;
    buf_init(&place, ERR_TEXT_BYTES);
    spec_write_place(spec, &place);
    const char *text = arena_text(arena, buf_text(&place));
    buf_deinit(&place);
    return text;
}
