#include "mta-under-test/base/json_out.h"

#include <assert.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { JSON_OUT_PRETTY_INDENT = 2, JSON_OUT_FORMAT_MAX = 64 * 1024 };

void json_out_init(struct json_out *out, struct buf *buf)
{
    *out = (struct json_out){.buf = buf, .first = true};
}

void json_out_init_pretty(struct json_out *out, struct buf *buf)
{
    json_out_init(out, buf);
    out->indent = JSON_OUT_PRETTY_INDENT;
}

static void json_out_new_line(struct json_out *out)
{
    if (out->indent == 0)
        return;
    buf_add_char(out->buf, '\n');
    for (unsigned i = 0; i < out->depth * out->indent; i++)
        buf_add_char(out->buf, ' ');
}

/* What stands before a value: comma, new line, key. */
static void json_out_start(struct json_out *out, const char *key)
{
    if (!out->first)
        buf_add_char(out->buf, ',');
    if (out->depth > 0)
        json_out_new_line(out);
    out->first = false;
    if (key == NULL)
        return;
    json_escape(out->buf, slice_of(key));
    buf_add_char(out->buf, ':');
    if (out->indent > 0)
        buf_add_char(out->buf, ' ');
}

static void json_out_open(struct json_out *out, const char *key, char opener, char closer)
{
    assert(out->depth < JSON_OUT_DEPTH_MAX);
    json_out_start(out, key);
    buf_add_char(out->buf, opener);
    out->closers[out->depth] = closer;
    out->depth++;
    out->first = true;
}

void json_out_object(struct json_out *out, const char *key)
{
    json_out_open(out, key, '{', '}');
}

void json_out_array(struct json_out *out, const char *key)
{
    json_out_open(out, key, '[', ']');
}

void json_out_end(struct json_out *out)
{
    assert(out->depth > 0);
    out->depth--;
    if (!out->first)
        json_out_new_line(out);
    buf_add_char(out->buf, out->closers[out->depth]);
    out->first = false;
}

void json_out_text(struct json_out *out, const char *key, const char *text)
{
    if (text == NULL)
        json_out_null(out, key);
    else
        json_out_slice(out, key, slice_of(text));
}

void json_out_slice(struct json_out *out, const char *key, struct slice text)
{
    json_out_start(out, key);
    json_escape(out->buf, text);
}

void json_out_format(struct json_out *out, const char *key, const char *format, ...)
{
    struct buf text;
    buf_init(&text, JSON_OUT_FORMAT_MAX);
    va_list args;
    va_start(args, format);
    buf_vformat(&text, format, args);
    va_end(args);
    json_out_slice(out, key, buf_slice(&text));
    buf_deinit(&text);
}

void json_out_int(struct json_out *out, const char *key, int64_t number)
{
    /* By hand: an event log is mostly numbers and short texts. */
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    json_out_start(out, key);
    buf_add(out->buf, digits + at, sizeof digits - at);
}

void json_out_bool(struct json_out *out, const char *key, bool value)
{
    json_out_raw(out, key, value ? "true" : "false");
}

void json_out_null(struct json_out *out, const char *key)
{
    json_out_raw(out, key, "null");
}

void json_out_real(struct json_out *out, const char *key, double number, int decimals)
{
    json_out_start(out, key);
    buf_format(out->buf, "%.*f", decimals, number);
}

void json_out_raw(struct json_out *out, const char *key, const char *json)
{
    json_out_start(out, key);
    buf_add_text(out->buf, json);
}

/* Writes one byte of US-ASCII. */
static void json_escape_char(struct buf *buf, char c)
{
    static const char SHORT_FROM[] = "\"\\\b\f\n\r\t";
    static const char SHORT_TO[] = "\"\\bfnrt";
    const char *found = c != '\0' ? strchr(SHORT_FROM, c) : NULL;
    if (found != NULL) {
        buf_add_char(buf, '\\');
        buf_add_char(buf, SHORT_TO[found - SHORT_FROM]);
    } else if ((unsigned char)c < 0x20 || c == 0x7f) {
        buf_format(buf, "\\u%04x", (unsigned)(unsigned char)c);
    } else {
        buf_add_char(buf, c);
    }
}

/* How many bytes at the front can be written as they are. */
static size_t json_plain_len(struct slice text)
{
    size_t len = 0;
    while (len < text.len && text.data[len] >= 0x20 && text.data[len] < 0x7f &&
           text.data[len] != '"' && text.data[len] != '\\')
        len++;
    return len;
}

static void json_quote(struct buf *buf, struct slice plain)
{
    char *room = buf_reserve(buf, plain.len + 2);
    if (room == NULL)
        return;
    *room = '"';
    if (plain.len > 0)
        memcpy(room + 1, plain.data, plain.len);
    room[plain.len + 1] = '"';
    buf_commit(buf, plain.len + 2);
}

void json_escape(struct buf *buf, struct slice text)
{
    if (json_plain_len(text) == text.len) {
        json_quote(buf, text);
        return;
    }
    buf_add_char(buf, '"');
    while (text.len > 0) {
        size_t len = json_plain_len(text);
        if (len > 0) {
            buf_add(buf, text.data, len);
            text = slice_skip(text, len);
            continue;
        }
        len = text_utf8_len(text);
        if (len == 0) {
            buf_add_text(buf, "\xef\xbf\xbd");
            len = 1;
        } else if (len == 1) {
            json_escape_char(buf, text.data[0]);
        } else {
            buf_add(buf, text.data, len);
        }
        text = slice_skip(text, len);
    }
    buf_add_char(buf, '"');
}
