#include "sim/mx/mx_data.h"

#include "mta-under-test/base/poison.h"

void mx_data_init(struct mx_data *data)
{
    *data = (struct mx_data){.state = MX_DATA_LINE_START};
}

static void mx_data_end_line(struct mx_data *data)
{
    if (data->line_bytes > data->line_bytes_max)
        data->line_bytes_max = data->line_bytes;
    data->line_bytes = 0;
}

static void mx_data_add(struct mx_data *data, struct slice bytes, struct buf *content)
{
    data->bytes += bytes.len;
    buf_add_slice(content, bytes);
}

/* Looks at a run of bytes without CR: bare LF, 8-bit, NUL, the length of lines. */
static void mx_data_look(struct mx_data *data, struct slice run)
{
    unsigned char high = 0;
    for (size_t i = 0; i < run.len; i++)
        high |= (unsigned char)run.data[i];
    if ((high & 0x80) != 0)
        data->eight_bit = true;
    if (run.len > 0 && memchr(run.data, '\0', run.len) != NULL)
        data->nul = true;
    size_t lf;
    while ((lf = slice_find(run, '\n')) != SIZE_MAX) {
        data->bare_lf = true;
        data->line_bytes += lf;
        mx_data_end_line(data);
        run = slice_skip(run, lf + 1);
    }
    data->line_bytes += run.len;
}

/* Text up to the next CR; returns how many bytes that is. */
static size_t mx_data_feed_text(struct mx_data *data, struct slice input, struct buf *content)
{
    size_t cr = slice_find(input, '\r');
    struct slice run = cr == SIZE_MAX ? input : slice_first(input, cr);
    mx_data_look(data, run);
    if (cr != SIZE_MAX) {
        data->state = MX_DATA_CR;
        run.len++;
    } else {
        data->state = MX_DATA_TEXT;
    }
    mx_data_add(data, run, content);
    return run.len;
}

/* The byte behind a CR. */
static size_t mx_data_feed_after_cr(struct mx_data *data, char c, struct buf *content)
{
    if (c == '\n') {
        mx_data_add(data, SLICE("\n"), content);
        mx_data_end_line(data);
        data->state = MX_DATA_LINE_START;
        return 1;
    }
    data->bare_cr = true;
    data->line_bytes++;
    data->state = MX_DATA_TEXT;
    return 0;
}

/* The byte behind a dot at the start of a line. A second dot is text: the first was stuffing. */
static size_t mx_data_feed_after_dot(struct mx_data *data, char c)
{
    if (c == '\r') {
        data->state = MX_DATA_DOT_CR;
        return 1;
    }
    if (c != '.')
        data->stray_dot = true;
    data->state = MX_DATA_TEXT;
    return 0;
}

/* The byte behind a dot and a CR: the end, or a dot to be taken off and a bare CR. */
static size_t mx_data_feed_after_dot_cr(struct mx_data *data, char c, struct buf *content)
{
    if (c == '\n') {
        data->state = MX_DATA_END;
        return 1;
    }
    data->stray_dot = true;
    mx_data_add(data, SLICE("\r"), content);
    data->state = MX_DATA_CR;
    return 0;
}

static size_t mx_data_step(struct mx_data *data, struct slice input, struct buf *content)
{
    switch (data->state) {
    case MX_DATA_LINE_START:
        if (input.data[0] == '.') {
            data->state = MX_DATA_DOT;
            return 1;
        }
        return mx_data_feed_text(data, input, content);
    case MX_DATA_TEXT:
        return mx_data_feed_text(data, input, content);
    case MX_DATA_CR:
        return mx_data_feed_after_cr(data, input.data[0], content);
    case MX_DATA_DOT:
        return mx_data_feed_after_dot(data, input.data[0]);
    case MX_DATA_DOT_CR:
        return mx_data_feed_after_dot_cr(data, input.data[0], content);
    case MX_DATA_END:
        break;
    }
    return 0;
}

size_t mx_data_feed(struct mx_data *data, struct slice input, struct buf *content)
{
    size_t consumed = 0;
    while (consumed < input.len && data->state != MX_DATA_END)
        consumed += mx_data_step(data, slice_skip(input, consumed), content);
    return consumed;
}

void mx_data_feed_chunk(struct mx_data *data, struct slice chunk, struct buf *content)
{
    size_t consumed = 0;
    while (consumed < chunk.len) {
        struct slice rest = slice_skip(chunk, consumed);
        if (data->state == MX_DATA_CR)
            consumed += mx_data_feed_after_cr(data, rest.data[0], content);
        else
            consumed += mx_data_feed_text(data, rest, content);
    }
}
