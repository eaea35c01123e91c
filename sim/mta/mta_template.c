#include "sim/mta/mta_template.h"

#include "mta-under-test/base/poison.h"

enum { MTA_TEMPLATE_DEPTH_MAX = 8, MTA_NAME_BYTES_MAX = 64, MTA_VALUE_BYTES_MAX = 1024 * 1024 };

struct mta_filling {
    const char *file;
    struct slice whole;
    const struct mta_template_source *source;
    struct buf *out;
    struct slice open[MTA_TEMPLATE_DEPTH_MAX]; /* names of the sections that are open */
    bool kept[MTA_TEMPLATE_DEPTH_MAX];
    size_t depth;
};

static size_t mta_template_line(const struct mta_filling *filling, const char *at)
{
    size_t line = 1;
    for (const char *c = filling->whole.data; c < at; c++)
        line += *c == '\n';
    return line;
}

static int mta_template_error(const struct mta_filling *filling, const char *at, struct err *err,
                              const char *what, struct slice name)
{
    return err_set(err, "%s:%zu: %s: \"%.*s\"", filling->file, mta_template_line(filling, at), what,
                   SLICE_ARG(name));
}

static bool mta_template_is_kept(const struct mta_filling *filling)
{
    for (size_t i = 0; i < filling->depth; i++) {
        if (!filling->kept[i])
            return false;
    }
    return true;
}

static int mta_template_open(struct mta_filling *filling, struct slice name, bool wants_empty,
                             struct err *err)
{
    struct buf value;
    buf_init(&value, MTA_VALUE_BYTES_MAX);
    bool known = filling->source->value(filling->source->context, name, &value);
    bool empty = value.len == 0;
    buf_deinit(&value);
    if (!known)
        return mta_template_error(filling, name.data, err, "unknown name", name);
    if (filling->depth == MTA_TEMPLATE_DEPTH_MAX)
        return mta_template_error(filling, name.data, err, "sections are nested too deep", name);
    filling->open[filling->depth] = name;
    filling->kept[filling->depth] = empty == wants_empty;
    filling->depth++;
    return 0;
}

static int mta_template_close(struct mta_filling *filling, struct slice name, struct err *err)
{
    if (filling->depth == 0 || !slice_equal(filling->open[filling->depth - 1], name))
        return mta_template_error(filling, name.data, err, "closes a section that is not open",
                                  name);
    filling->depth--;
    return 0;
}

/* What stands between "{{" and "}}". */
static int mta_template_mark(struct mta_filling *filling, struct slice mark, struct err *err)
{
    char kind = mark.len > 0 ? mark.data[0] : '\0';
    struct slice name = slice_skip(mark, 1);
    if (kind == '#' || kind == '^')
        return mta_template_open(filling, name, kind == '^', err);
    if (kind == '/')
        return mta_template_close(filling, name, err);
    struct buf ignored;
    buf_init(&ignored, MTA_VALUE_BYTES_MAX);
    struct buf *to = mta_template_is_kept(filling) ? filling->out : &ignored;
    bool known = filling->source->value(filling->source->context, mark, to);
    buf_deinit(&ignored);
    return known ? 0 : mta_template_error(filling, mark.data, err, "unknown name", mark);
}

/* True if the mark that begins at `start` and ends before `end` stands alone on its line; then
 * *after is behind the line end. */
static bool mta_template_is_alone(const struct mta_filling *filling, const char *start,
                                  const char *end, const char **after)
{
    const char *first = filling->whole.data;
    const char *last = first + filling->whole.len;
    bool section = strchr("#^*/", start[2]) != NULL;
    if (!section || (start > first && start[-1] != '\n') || (end < last && *end != '\n'))
        return false;
    *after = end < last ? end + 1 : end;
    return true;
}

static int mta_template_run(struct mta_filling *filling, struct slice text, struct err *err);

/* The text of a list's section, once for each item. *text starts behind the opening mark and is
 * moved behind the closing one. */
static int mta_template_repeat(struct mta_filling *filling, struct slice list, struct slice *text,
                               struct err *err)
{
    char close[MTA_NAME_BYTES_MAX];
    int close_len = snprintf(close, sizeof close, "{{/%.*s}}", SLICE_ARG(list));
    const struct mta_template_source *source = filling->source;
    size_t count = source->count(source->context, list);
    if (count == SIZE_MAX || close_len >= MTA_NAME_BYTES_MAX)
        return mta_template_error(filling, list.data, err, "unknown list", list);
    size_t len = slice_find_slice(*text, slice_of(close));
    if (len == SIZE_MAX)
        return mta_template_error(filling, list.data, err, "this section is not closed", list);
    struct slice body = slice_first(*text, len);
    const char *closing = text->data + len;
    const char *after = closing + close_len;
    mta_template_is_alone(filling, closing, after, &after);
    *text = slice_skip(*text, (size_t)(after - text->data));
    if (!mta_template_is_kept(filling))
        count = 0;
    for (size_t i = 0; i < count; i++) {
        source->select(source->context, i);
        if (mta_template_run(filling, body, err) != 0)
            return -1;
    }
    return 0;
}

static int mta_template_run(struct mta_filling *filling, struct slice text, struct err *err)
{
    size_t depth = filling->depth;
    while (text.len > 0) {
        size_t start = slice_find_slice(text, SLICE("{{"));
        struct slice plain = slice_first(text, start);
        if (mta_template_is_kept(filling))
            buf_add_slice(filling->out, plain);
        if (start == SIZE_MAX)
            break;
        text = slice_skip(text, start);
        size_t len = slice_find_slice(text, SLICE("}}"));
        if (len == SIZE_MAX)
            return mta_template_error(filling, text.data, err, "\"{{\" without \"}}\"",
                                      slice_first(text, 20));
        struct slice mark = slice_from(text.data + 2, len - 2);
        const char *after = text.data + len + 2;
        mta_template_is_alone(filling, text.data, after, &after);
        text = slice_skip(text, (size_t)(after - text.data));
        bool repeats = mark.len > 0 && mark.data[0] == '*';
        int result = repeats ? mta_template_repeat(filling, slice_skip(mark, 1), &text, err)
                             : mta_template_mark(filling, mark, err);
        if (result != 0)
            return -1;
    }
    if (filling->depth > depth)
        return mta_template_error(filling, filling->open[filling->depth - 1].data, err,
                                  "this section is not closed", filling->open[filling->depth - 1]);
    return 0;
}

int mta_template_fill(const char *file, struct slice text, const struct mta_template_source *source,
                      struct buf *out, struct err *err)
{
    struct mta_filling filling = {.file = file, .whole = text, .source = source, .out = out};
    if (mta_template_run(&filling, text, err) != 0)
        return -1;
    if (buf_overflowed(out))
        return err_set(err, "%s: becomes larger than %zu bytes", file, out->max);
    return 0;
}
