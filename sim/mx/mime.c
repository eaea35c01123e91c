#include "sim/mx/mime.h"

#include "sim/mx/mx_header.h"

#include "mta-under-test/base/poison.h"

struct mime_part mime_part_of(struct slice message)
{
    size_t len = mx_header_len(message);
    return (struct mime_part){slice_first(message, len), slice_skip(message, len)};
}

bool mime_part_is(const struct mime_part *part, const char *type)
{
    struct slice value = mx_header_find(part->header, "Content-Type");
    size_t end = slice_find(value, ';');
    if (end != SIZE_MAX)
        value = slice_first(value, end);
    return value.data != NULL && slice_is_nocase(slice_trim(value), type);
}

/* Cuts at the next ";" that is not inside quotes. */
static bool mime_next_parameter(struct slice *rest, struct slice *parameter)
{
    if (rest->len == 0)
        return false;
    bool quoted = false;
    size_t end = 0;
    for (; end < rest->len; end++) {
        char c = rest->data[end];
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && quoted)
            end++;
        else if (c == ';' && !quoted)
            break;
    }
    *parameter = slice_first(*rest, end);
    *rest = slice_skip(*rest, end + 1);
    return true;
}

struct slice mime_part_parameter(const struct mime_part *part, const char *name)
{
    struct slice rest = mx_header_find(part->header, "Content-Type");
    struct slice parameter;
    while (mime_next_parameter(&rest, &parameter)) {
        size_t equals = slice_find(parameter, '=');
        if (equals == SIZE_MAX ||
            !slice_is_nocase(slice_trim(slice_first(parameter, equals)), name))
            continue;
        struct slice value = slice_trim(slice_skip(parameter, equals + 1));
        if (value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"')
            value = slice_first(slice_skip(value, 1), value.len - 2);
        return value;
    }
    return slice_from(NULL, 0);
}

/* The line at the front with its end; taken off. */
static struct slice mime_take_line(struct slice *rest)
{
    size_t end = slice_find(*rest, '\n');
    struct slice line = end == SIZE_MAX ? *rest : slice_first(*rest, end + 1);
    *rest = slice_skip(*rest, line.len);
    return line;
}

/* Is it "--BOUNDARY" (1) or "--BOUNDARY--" (2); 0 if neither. */
static int mime_boundary_kind(struct slice line, struct slice boundary)
{
    while (line.len > 0 && strchr(" \t\r\n", line.data[line.len - 1]) != NULL &&
           line.data[line.len - 1] != '\0')
        line.len--;
    if (line.len < boundary.len + 2 || !slice_starts_with(line, SLICE("--")) ||
        !slice_starts_with(slice_skip(line, 2), boundary))
        return 0;
    struct slice tail = slice_skip(line, boundary.len + 2);
    if (tail.len == 0)
        return 1;
    return slice_is(tail, "--") ? 2 : 0;
}

bool mime_next(struct slice *rest, struct slice boundary, struct mime_part *part)
{
    if (boundary.len == 0 || boundary.len > MIME_BOUNDARY_BYTES_MAX)
        return false;
    int kind = 0;
    while (rest->len > 0 && kind == 0)
        kind = mime_boundary_kind(mime_take_line(rest), boundary);
    if (kind != 1)
        return false;
    const char *start = rest->data;
    size_t len = 0;
    struct slice ahead = *rest;
    while (ahead.len > 0) {
        struct slice line = mime_take_line(&ahead);
        if (mime_boundary_kind(line, boundary) != 0)
            break;
        len += line.len;
    }
    /* The next boundary stays, to be found by the next call. */
    *part = mime_part_of(slice_from(start, len));
    *rest = slice_skip(*rest, len);
    return true;
}
