#include "mta-under-test/mailauth/sts/sts_fields.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { STS_NAME_BYTES_MAX = 32 };

static size_t sts_wsp_len(struct slice text)
{
    size_t len = 0;
    while (len < text.len && (text.data[len] == ' ' || text.data[len] == '\t'))
        len++;
    return len;
}

int sts_fields_begin(struct slice text, const char *version, struct slice *rest)
{
    if (!slice_starts_with(text, slice_of(version)))
        return -1;
    *rest = slice_skip(text, strlen(version));
    return 1;
}

/* delim, then a field or the end. */
int sts_fields_next(struct slice *rest, struct slice *name, struct slice *value)
{
    if (rest->len == 0)
        return 0;
    struct slice text = slice_skip(*rest, sts_wsp_len(*rest));
    if (text.len == 0 || text.data[0] != ';')
        return -1;
    text = slice_skip(text, 1);
    text = slice_skip(text, sts_wsp_len(text));
    *rest = slice_skip(text, text.len);
    if (text.len == 0)
        return 0;
    size_t end = slice_find(text, ';');
    struct slice field = slice_first(text, end);
    /* White space in front of the next ";" belongs to the delimiter; at the end of the record there
     * is none. */
    while (end != SIZE_MAX && field.len > 0 && sts_wsp_len(slice_skip(field, field.len - 1)) > 0)
        field.len--;
    size_t equals = slice_find(field, '=');
    if (equals == SIZE_MAX)
        return -1;
    *name = slice_first(field, equals);
    *value = slice_skip(field, equals + 1);
    *rest = slice_skip(text, field.len);
    return 1;
}

const char *sts_fields_choose(const struct dns_answer *answer, const char *version,
                              struct slice *record)
{
    size_t found = 0;
    for (size_t i = 0; i < answer->count; i++) {
        struct slice rest;
        if (sts_fields_begin(answer->records[i].data, version, &rest) < 0)
            continue;
        rest = slice_skip(rest, sts_wsp_len(rest));
        if (rest.len == 0 || rest.data[0] != ';')
            continue;
        *record = answer->records[i].data;
        found++;
    }
    if (found == 1)
        return NULL;
    return found > 1 ? "there is more than one record" : "there is no record";
}

bool sts_fields_is_name(struct slice name)
{
    if (name.len == 0 || name.len > STS_NAME_BYTES_MAX || !text_is_alnum(name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!text_is_alnum(name.data[i]) && strchr("_-.", name.data[i]) == NULL)
            return false;
        if (name.data[i] == '\0')
            return false;
    }
    return true;
}

bool sts_fields_is_value(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c < 0x21 || c > 0x7e || c == '=' || c == ';')
            return false;
    }
    return value.len > 0;
}
