#include "sim/value/template.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum template_kind { TEMPLATE_TEXT, TEMPLATE_NAME, TEMPLATE_WRONG };

/* Takes the next piece off the front: a text, or a name (without its braces). */
static enum template_kind template_next(struct slice *rest, struct slice *piece)
{
    char c = rest->data[0];
    if ((c == '{' || c == '}') && rest->len > 1 && rest->data[1] == c) {
        *piece = slice_first(*rest, 1);
        *rest = slice_skip(*rest, 2);
        return TEMPLATE_TEXT;
    }
    size_t end = 0;
    if (c == '{') {
        end = slice_find(*rest, '}');
        *piece = *rest;
        if (end == SIZE_MAX)
            return TEMPLATE_WRONG;
        *piece = slice_first(slice_skip(*rest, 1), end - 1);
        *rest = slice_skip(*rest, end + 1);
        return TEMPLATE_NAME;
    }
    if (c == '}') {
        *piece = slice_first(*rest, 1);
        return TEMPLATE_WRONG;
    }
    while (end < rest->len && rest->data[end] != '{' && rest->data[end] != '}')
        end++;
    *piece = slice_first(*rest, end);
    *rest = slice_skip(*rest, end);
    return TEMPLATE_TEXT;
}

static int template_check_name(struct spec spec, struct slice name, const char *const *names,
                               struct err *err)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%.*s", SLICE_ARG(name));
    struct buf known;
    buf_init(&known, 800);
    for (size_t i = 0; names[i] != NULL; i++) {
        if (slice_is(name, names[i])) {
            buf_deinit(&known);
            return 0;
        }
        buf_format(&known, "%s{%s}", i == 0 ? "" : ", ", names[i]);
    }
    const char *nearest = text_nearest(copy, names);
    if (nearest != NULL)
        spec_error(spec, err, "\"{%s}\": no such name here; did you mean \"{%s}\"?", copy, nearest);
    else
        spec_error(spec, err,
                   "\"{%s}\": no such name here; known are: %s (a literal brace is written twice)",
                   copy, buf_text(&known));
    buf_deinit(&known);
    return -1;
}

int template_check(struct spec spec, const char *text, const char *const *names, struct err *err)
{
    struct slice rest = slice_of(text);
    while (rest.len > 0) {
        struct slice piece;
        enum template_kind kind = template_next(&rest, &piece);
        if (kind == TEMPLATE_WRONG)
            return spec_error(spec, err,
                              "the brace at \"%.20s\" stands alone (a literal brace is written "
                              "twice)",
                              piece.data);
        if (kind == TEMPLATE_NAME && template_check_name(spec, piece, names, err) != 0)
            return -1;
    }
    return 0;
}

void template_fill(struct buf *out, const char *text, template_lookup *lookup, void *context)
{
    struct slice rest = slice_of(text);
    while (rest.len > 0) {
        struct slice piece;
        enum template_kind kind = template_next(&rest, &piece);
        if (kind == TEMPLATE_NAME) {
            char name[64];
            snprintf(name, sizeof name, "%.*s", SLICE_ARG(piece));
            const char *value = lookup(context, name);
            if (value != NULL)
                buf_add_text(out, value);
            else
                buf_format(out, "{%.*s}", SLICE_ARG(piece));
            continue;
        }
        buf_add_slice(out, piece);
        if (kind == TEMPLATE_WRONG)
            rest = slice_skip(rest, piece.len);
    }
}
