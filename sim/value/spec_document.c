#include "sim/value/spec_document.h"

#include <sys/stat.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "sim/value/spec_scan.h"

#include "mta-under-test/base/poison.h"

void spec_document_free(struct spec_document **document)
{
    struct spec_document *d = *document;
    if (d == NULL)
        return;
    cJSON_Delete(d->root);
    cJSON_Delete(d->replaced);
    for (size_t i = 0; i < d->source_count; i++) {
        free(d->sources[i].name);
        buf_deinit(&d->sources[i].text);
    }
    free(d->sources);
    free(d->marks);
    arena_deinit(&d->arena);
    free(d);
    *document = NULL;
}

const char *spec_document_name(const struct spec_document *document)
{
    return document->sources[0].name;
}

struct spec spec_root(struct spec_document *document)
{
    return (struct spec){document, document->root, "$"};
}

/* Gives each value its mark: the tree is walked in the order in which the scan noted offsets. */
static void document_mark_values(struct spec_document *d, const cJSON *json,
                                 const struct spec_scan *scan)
{
    if (d->mark_count == scan->count)
        return;
    d->marks[d->mark_count] = (struct spec_mark){json, scan->offsets[d->mark_count], 0};
    d->mark_count++;
    for (const cJSON *child = json->child; child != NULL; child = child->next)
        document_mark_values(d, child, scan);
}

const struct spec_mark *spec_document_mark(const struct spec_document *document, const cJSON *json)
{
    for (size_t i = 0; i < document->mark_count; i++) {
        if (document->marks[i].json == json)
            return &document->marks[i];
    }
    return NULL;
}

size_t spec_document_line(const struct spec_document *document, const cJSON *json)
{
    const struct spec_mark *mark = spec_document_mark(document, json);
    size_t line = 0;
    size_t column = 0;
    if (mark != NULL)
        spec_scan_place(buf_slice(&document->sources[mark->source].text), mark->offset, &line,
                        &column);
    return line;
}

/* A key twice in one object: RFC 8259 leaves open which one counts, so neither does here. */
static int document_check_twice(struct spec object, struct err *err)
{
    struct map seen;
    map_init(&seen);
    int result = 0;
    size_t i = 0;
    for (cJSON *child = object.json->child; result == 0 && child != NULL; child = child->next) {
        const cJSON *first = map_set_text(&seen, child->string, child);
        if (first != NULL)
            result = spec_error(spec_of_child(object, child, i), err,
                                "this key stands here twice, first on line %zu; keep one of them",
                                spec_document_line(object.document, first));
    }
    map_deinit(&seen, NULL);
    return result;
}

static int document_check_keys(struct spec spec, struct err *err)
{
    if (spec_is_object(spec) && document_check_twice(spec, err) != 0)
        return -1;
    size_t i = 0;
    for (const cJSON *child = spec.json->child; child != NULL; child = child->next, i++) {
        if (child->child != NULL && document_check_keys(spec_of_child(spec, child, i), err) != 0)
            return -1;
    }
    return 0;
}

/* Takes the text over. */
static struct spec_document *document_make(const char *name, struct buf *text, struct err *err)
{
    struct spec_scan scan;
    if (spec_scan(name, buf_slice(text), &scan, err) != 0) {
        free(scan.offsets);
        buf_deinit(text);
        return NULL;
    }
    struct spec_document *d = mem_alloc(sizeof *d);
    d->sources = mem_alloc(sizeof *d->sources);
    d->sources[0] = (struct spec_source){mem_text_copy(name), *text};
    d->source_count = 1;
    d->replaced = cJSON_CreateArray();
    d->root = cJSON_ParseWithLength(text->data, text->len);
    if (d->root == NULL || d->replaced == NULL) {
        err_set(err, "%s: cannot be read as JSON", name);
        free(scan.offsets);
        spec_document_free(&d);
        return NULL;
    }
    d->marks = mem_alloc_array(scan.count, sizeof *d->marks);
    document_mark_values(d, d->root, &scan);
    free(scan.offsets);
    if (document_check_keys(spec_root(d), err) != 0)
        spec_document_free(&d);
    return d;
}

static struct spec_document *document_too_large(const char *name, int64_t bytes, struct err *err)
{
    err_set(err,
            "%s: %lld MB, and a scenario has at most %d MB: keep messages and zones in files of "
            "their own, and many recipients in a sequence like \"user{1..5000}@a.test\"",
            name, (long long)(bytes / 1000000), SPEC_DOCUMENT_BYTES_MAX / (1024 * 1024));
    return NULL;
}

struct spec_document *spec_document_open(const char *path, struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        err_set_errno(err, "%s: cannot be opened", path);
        return NULL;
    }
    if (S_ISDIR(info.st_mode)) {
        err_set(err, "%s: is a folder; expected a scenario file", path);
        return NULL;
    }
    if (info.st_size > SPEC_DOCUMENT_BYTES_MAX)
        return document_too_large(path, info.st_size, err);
    struct buf text;
    buf_init(&text, SPEC_DOCUMENT_BYTES_MAX);
    if (file_read(path, &text, err) != 0) {
        buf_deinit(&text);
        return NULL;
    }
    return document_make(path, &text, err);
}

struct spec_document *spec_document_parse(const char *name, struct slice text, struct err *err)
{
    if (text.len > SPEC_DOCUMENT_BYTES_MAX)
        return document_too_large(name, (int64_t)text.len, err);
    struct buf copy;
    buf_init(&copy, SPEC_DOCUMENT_BYTES_MAX);
    buf_add_slice(&copy, text);
    return document_make(name, &copy, err);
}
