#include "mta-under-test/refmta/mime/mime_encode.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { LINE_CHARS_MAX = 76, BASE64_LINE_BYTES = 57 };

static bool is_line_end(struct slice body, size_t at)
{
    return at + 1 < body.len && body.data[at] == '\r' && body.data[at + 1] == '\n';
}

/* RFC 2045 6.7 (2) and (3): white space at the end of a line may be lost, so it is no plain one. */
static bool is_plain(struct slice body, size_t at)
{
    unsigned char c = (unsigned char)body.data[at];
    if (c == ' ' || c == '\t')
        return at + 1 < body.len && !is_line_end(body, at + 1);
    return c > ' ' && c < 0x7f && c != '=';
}

void mime_encode_quoted(struct slice body, struct buf *out)
{
    size_t column = 0;
    bool is_soft_start = false;
    for (size_t i = 0; i < body.len; i++) {
        if (is_line_end(body, i)) {
            buf_add_text(out, "\r\n");
            column = 0;
            is_soft_start = false;
            i++;
            continue;
        }
        /* A line of ours that begins with "-" could look like a boundary. */
        bool plain = is_plain(body, i) && !(is_soft_start && body.data[i] == '-');
        size_t width = plain ? 1 : 3;
        if (column + width > LINE_CHARS_MAX - 1) {
            buf_add_text(out, "=\r\n");
            column = 0;
            is_soft_start = true;
            i--;
            continue;
        }
        if (plain)
            buf_add_char(out, body.data[i]);
        else
            buf_format(out, "=%02X", (unsigned char)body.data[i]);
        column += width;
        is_soft_start = false;
    }
}

void mime_encode_rest(struct slice body, struct buf *out)
{
    for (size_t i = 0; i < body.len; i++) {
        unsigned char c = (unsigned char)body.data[i];
        if (c >= 0x80 || c == 0)
            buf_format(out, "=%02X", c);
        else
            buf_add_char(out, body.data[i]);
    }
}

void mime_encode_base64(struct slice body, struct buf *out)
{
    for (size_t at = 0; at < body.len; at += BASE64_LINE_BYTES) {
        struct slice line = slice_first(slice_skip(body, at), BASE64_LINE_BYTES);
        if (at > 0)
            buf_add_text(out, "\r\n");
        text_to_base64(out, line.data, line.len);
    }
}
