#include "sim/mx/mx_header.h"

#include "mta-under-test/base/poison.h"

/* The line at the front with its end. */
static struct slice mx_header_line(struct slice text)
{
    size_t end = slice_find(text, '\n');
    return end == SIZE_MAX ? text : slice_first(text, end + 1);
}

static bool mx_header_line_is_empty(struct slice line)
{
    return slice_equal(line, SLICE("\r\n")) || slice_equal(line, SLICE("\n"));
}

size_t mx_header_len(struct slice message)
{
    size_t len = 0;
    while (len < message.len) {
        struct slice line = mx_header_line(slice_skip(message, len));
        len += line.len;
        if (mx_header_line_is_empty(line))
            break;
    }
    return len;
}

static bool mx_header_is_folded(struct slice line)
{
    return line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

bool mx_header_next(struct slice *rest, struct slice *name, struct slice *value)
{
    while (rest->len > 0) {
        struct slice line = mx_header_line(*rest);
        if (mx_header_line_is_empty(line))
            return false;
        size_t len = line.len;
        while (mx_header_is_folded(slice_skip(*rest, len)))
            len += mx_header_line(slice_skip(*rest, len)).len;
        struct slice field = slice_first(*rest, len);
        *rest = slice_skip(*rest, len);
        size_t colon = slice_find(line, ':');
        if (colon == SIZE_MAX || colon == 0 || mx_header_is_folded(line))
            continue;
        *name = slice_trim(slice_first(field, colon));
        *value = slice_trim(slice_skip(field, colon + 1));
        return true;
    }
    return false;
}

struct slice mx_header_find(struct slice header, const char *wanted)
{
    struct slice name;
    struct slice value;
    while (mx_header_next(&header, &name, &value)) {
        if (slice_is_nocase(name, wanted))
            return value;
    }
    return slice_from(NULL, 0);
}

void mx_header_unfold(struct slice value, struct buf *out)
{
    bool space = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c == '\r' || c == '\n' || c == '\t')
            c = ' ';
        if (c == ' ') {
            space = true;
            continue;
        }
        if (space && out->len > 0)
            buf_add_char(out, ' ');
        space = false;
        buf_add_char(out, c);
    }
}
