#include "sim/event/event_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "mta-under-test/base/slice.h"

#include "mta-under-test/base/poison.h"

struct event_file {
    FILE *stream;
    char *path;
    char *line;
    size_t line_size;
    unsigned long line_number;
};

struct event_file *event_file_open(const char *path, struct err *err)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        err_set_errno(err, "%s: cannot be opened", path);
        return NULL;
    }
    struct event_file *file = mem_alloc(sizeof *file);
    file->stream = stream;
    file->path = mem_text_copy(path);
    return file;
}

void event_file_close(struct event_file **file)
{
    if (*file == NULL)
        return;
    fclose((*file)->stream);
    free((*file)->path);
    free((*file)->line);
    free(*file);
    *file = NULL;
}

int event_file_next(struct event_file *file, cJSON **event, struct err *err)
{
    ssize_t len = getline(&file->line, &file->line_size, file->stream);
    if (len < 0) {
        if (ferror(file->stream))
            return err_set_errno(err, "%s: cannot be read", file->path);
        return 0;
    }
    file->line_number++;
    *event = cJSON_ParseWithLength(file->line, (size_t)len);
    if (!cJSON_IsObject(*event)) {
        cJSON_Delete(*event);
        return err_set(err, "%s:%lu: this line is no event", file->path, file->line_number);
    }
    return 1;
}

const char *event_text(const cJSON *event, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, key));
    return text != NULL ? text : "";
}

int64_t event_int(const cJSON *event, const char *key, int64_t otherwise)
{
    /* Beyond 2^53 a double is no whole number any more, and beyond 2^63 none of ours. */
    static const double EXACT = 9007199254740992.0;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, key);
    bool whole = cJSON_IsNumber(item) && item->valuedouble >= -EXACT && item->valuedouble <= EXACT;
    return whole ? (int64_t)item->valuedouble : otherwise;
}

bool event_bool(const cJSON *event, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(event, key));
}

bool event_is(const cJSON *event, const char *source, const char *kind)
{
    return slice_is(slice_of(event_text(event, "source")), source) &&
           slice_is(slice_of(event_text(event, "kind")), kind);
}
